import { Cron } from 'croner';
import { nameSchema } from '#core/contracts/common.ts';
import { InvalidInputError } from '#core/errors.ts';
import { deploymentArgs } from '../../aws/deployment.ts';
import { numberOption } from '../../cli/arguments.ts';
import { agentCommand, awsArgs } from '../../cli/command.ts';
import { UsageError } from '../../cli/errors.ts';
import { passphraseArgs } from '../../model-folder/passphrase.ts';
import { serve } from '../../service/serve.ts';
import type { Watched } from '../../service/take-folders.ts';
import { isLock } from '../../spool/lock.ts';
import { becomeService } from '../../spool/service.ts';
import { spoolFolder, stateFolder } from '../../state-folder.ts';
import { parseBandwidth } from '../../upload/bandwidth.ts';
import { currentRate } from '../../upload/bandwidth-file.ts';
import { createThrottle } from '../../upload/throttle.ts';

const DEFAULT_PORT = 9469;

export const watch = agentCommand({
  args: {
    models: {
      type: 'string',
      valueHint: 'DIR,…',
      description: 'Folders of models, or of folders of models: each one that is complete is pushed',
    },
    data: {
      type: 'string',
      valueHint: 'DIR=DOMAIN,…',
      description: "Folders of domains' images, which are pushed when something in them has changed",
    },
    train: {
      type: 'string',
      valueHint: 'IMAGES=DIR,…',
      description: 'Folders of images to train on at the times of --train-at, and where each model goes',
    },
    'train-at': {
      type: 'string',
      valueHint: 'CRON',
      description: 'When, as in a crontab, local time: minute hour day month weekday (Default: 0 1 * * *)',
    },
    settle: {
      type: 'string',
      valueHint: 'SECONDS',
      description: 'A folder is complete when nothing was written to it for so long (Default: 30)',
    },
    marker: {
      type: 'string',
      valueHint: 'NAME',
      default: '.complete',
      description: 'A file in a folder that says at once that it is complete',
    },
    key: {
      type: 'string',
      valueHint: 'FILE',
      description: 'Private key for what is found in --models (Default: ~/.config/graft/signing-key.pem)',
    },
    ...passphraseArgs,
    bandwidth: {
      type: 'string',
      valueHint: 'LIMIT',
      description: 'Bytes a second, also by time of day; `graft bandwidth` changes it meanwhile',
    },
    'metrics-port': {
      type: 'string',
      valueHint: 'PORT',
      description: `Port of /metrics and /healthz on 127.0.0.1; "none" for none (Default: ${DEFAULT_PORT})`,
    },
    ...deploymentArgs,
    ...awsArgs,
  },
  examples: [
    'graft watch --stack graft-prod',
    'graft watch --models /srv/models --data /srv/produce=produce --stack graft-prod',
    'graft watch --train /srv/images=/srv/models/icons --train-at "0 1 * * 6" --stack graft-prod',
  ],
  async run({ args, io, output }) {
    const schedule = scheduleOf(args['train-at'] ?? '0 1 * * *');
    const trainings = listOf(args.train).map((text) => {
      const [images, out] = pairOf(text, '--train', 'IMAGES=DIR, for instance /srv/images=/srv/models/icons');
      return { images, out };
    });
    const bandwidth =
      args.bandwidth === undefined ? undefined : parseBandwidth(args.bandwidth, '--bandwidth');
    const settle = numberOption('settle', args.settle, { minimum: 0 }) ?? 30;
    const metricsPort =
      args['metrics-port'] === 'none'
        ? undefined
        : (numberOption('metrics-port', args['metrics-port'], { minimum: 0, maximum: 65_535, whole: true }) ??
          DEFAULT_PORT);
    const where = wordsOf({
      stack: args.stack,
      bucket: args.bucket,
      region: args.region,
      'endpoint-url': args['endpoint-url'],
    });
    if (args.bucket !== undefined && (args.models ?? args.train) !== undefined && args.data !== undefined) {
      throw new UsageError(
        '--bucket cannot be the bucket of models and of data',
        'Name the --stack instead.',
      );
    }
    const keys = wordsOf({ key: args.key, 'passphrase-file': args['passphrase-file'] });
    const watched: Watched[] = [
      ...[...listOf(args.models), ...trainings.map(({ out }) => out)].map((folder) => ({
        folder,
        kind: 'models' as const,
        command: (each: string) => ['push', each, ...keys, ...where],
      })),
      ...listOf(args.data).map((text) => {
        const [folder, domain] = domainFolder(text);
        return {
          folder,
          kind: 'data' as const,
          command: (each: string) => ['data', 'push', each, '--domain', domain, ...where],
        };
      }),
    ];
    const state = stateFolder(io.environment);
    const lock = await becomeService(state);
    if (!isLock(lock)) {
      throw new InvalidInputError(
        `\`graft watch\` runs already: process ${lock.pid} on ${lock.host}, since ${lock.since}`,
        { hint: `One serves a state folder (${state}). Stop it, or name another folder in GRAFT_STATE.` },
      );
    }
    try {
      await serve({
        spool: spoolFolder(io.environment),
        state,
        environment: {
          ...io.environment,
          ...(typeof args.config === 'string' && { GRAFT_CONFIG: args.config }),
        },
        throttle: createThrottle({ limit: currentRate(state, bandwidth) }),
        watched,
        trainings,
        nextAfter: (moment) => schedule.nextRun(moment),
        quietMs: settle * 1000,
        marker: args.marker,
        metricsPort,
        output,
        now: io.now,
        signal: io.signal,
      });
    } finally {
      await lock.release();
    }
    output.result({ command: 'watch', stopped: true }, 'Stopped. What waits in the spool waits on.');
  },
});

const listOf = (text: string | undefined): string[] =>
  (text ?? '')
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');

function domainFolder(text: string): [folder: string, domain: string] {
  const expected = 'DIR=DOMAIN, for instance /srv/produce=produce';
  const [folder, domain] = pairOf(text, '--data', expected);
  if (nameSchema.safeParse(domain).success) return [folder, domain];
  throw new UsageError(`--data is "${text}": expected ${expected}`);
}

function pairOf(text: string, option: string, expected: string): [string, string] {
  const at = text.lastIndexOf('=');
  if (at > 0 && at < text.length - 1) return [text.slice(0, at), text.slice(at + 1)];
  throw new UsageError(`${option} is "${text}": expected ${expected}`);
}

/** @throws UsageError that says what is wrong with it */
function scheduleOf(text: string): Cron {
  try {
    const schedule = new Cron(text, { paused: true });
    if (schedule.nextRun() === null) throw new Error('that time never comes');
    return schedule;
  } catch (error) {
    const reason = (error as Error).message.replace(/^CronPattern: /, '');
    throw new UsageError(
      `--train-at is "${text}": ${reason}`,
      'Five fields are expected, as in a crontab: "30 2 * * 6" is Saturdays at 02:30.',
    );
  }
}

const wordsOf = (options: Record<string, string | undefined>): string[] =>
  Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value]));
