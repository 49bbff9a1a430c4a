import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { basename, join } from 'node:path';
import { unpack } from 'local-aws/formats';
import type { Exit, ManagedProcess, ManualClock, ProcessSpec, Supervisor } from 'local-aws/testing';
import type { Activity } from './activity.ts';
import type { JobFault, Quality } from './schedule.ts';

/** What a container finds out about its own fate. */
export interface Fates {
  quality(version: string): Quality;
  /** How this training job ends, if badly; asked once a job. */
  jobFault(job: { name: string; version: string; mode: string }): JobFault['end'] | undefined;
  /** Whether this start of a serving container fails; asked once a start. */
  unhealthy(served: Served): boolean;
  /** A bad answer has been given, for the history. */
  answered(served: Served, how: 'wrong' | 'failed'): void;
  trainingSeconds: number;
  servingSeconds: number;
}

/** What a trained model knows, in its archive. */
export interface Served {
  domain: string;
  labels: string[];
  general: { model: string; version: string };
  /** Label by the content of a test image. */
  knows: Record<string, string>;
  trainingJob: string;
}

const read = <Value>(...path: string[]): Value => JSON.parse(readFileSync(join(...path), 'utf8')) as Value;

/**
 * Runs the container's programs in this process, on the run's clock: they keep our contract and learn
 * nothing. The real container is tested end to end.
 */
export function createInProcessContainer(clock: ManualClock, activity: Activity, fates: Fates): Supervisor {
  const running = new Set<ManagedProcess>();
  return {
    start(spec) {
      const program = basename(spec.args[0]!) === 'train.mjs' ? train : serve;
      const managed = startProgram(spec, (exit) => program(spec, exit, { clock, activity, fates }));
      running.add(managed);
      void managed.exited.then(() => running.delete(managed));
      return managed;
    },
    running: () => [...running],
    async stopAll(graceMs) {
      await Promise.all([...running].map((one) => one.stop(graceMs)));
    },
  };
}

interface Surroundings {
  clock: ManualClock;
  activity: Activity;
  fates: Fates;
}
/** Starts something; calls `exit` when it ends by itself; returns what a signal does. */
type Program = (spec: ProcessSpec, exit: (code: number) => void, around: Surroundings) => () => void;

function startProgram(
  spec: ProcessSpec,
  start: (exit: (code: number) => void) => () => void,
): ManagedProcess {
  let exit: Exit | undefined;
  let settle = (_exit: Exit) => {};
  const exited = new Promise<Exit>((resolve) => {
    settle = resolve;
  });
  const end = (code: number | null, signal: NodeJS.Signals | null) => {
    exit ??= { code, signal };
    settle(exit);
  };
  const stop = start((code) => end(code, null));
  return {
    name: spec.name,
    pid: 1,
    exited,
    get exit() {
      return exit;
    },
    tail: () => [],
    async stop() {
      if (exit === undefined) stop();
      end(null, 'SIGTERM');
      return exited;
    },
  };
}

const train: Program = (spec, exit, { clock, activity, fates }) => {
  const root = spec.env.GRAFT_OPT_ML!;
  const { mode, ...general } = generalOf(root);
  const { version } = general;
  const fault = fates.jobFault({ name: spec.env.TRAINING_JOB_NAME!, version, mode });
  if (fault === 'training-stopped' || fault === 'training-over-time') return () => {};
  return clock.after(fates.trainingSeconds * 1000, () => {
    if (fault === 'training-failed') {
      writeFileSync(join(root, 'output/failure'), 'apple/0.png is no image');
      exit(1);
    } else {
      void activity
        .during(() => evaluate(root, { mode, general }, spec.env.TRAINING_JOB_NAME!, fates))
        .then(() => exit(0));
    }
  });
};

/** The general model: named to a baseline, and given to transfer. */
function generalOf(root: string): { mode: string } & Served['general'] {
  const { mode, ...named } = read<{ mode: string } & Served['general']>(
    root,
    'input/config/hyperparameters.json',
  );
  const { model, version } =
    mode === 'baseline' ? named : read<Served['general']>(root, 'input/data/model/manifest.json');
  return { mode, model, version };
}

/** Writes evaluation and model as `container/train/train.ts` does. */
async function evaluate(
  root: string,
  { mode, general }: { mode: string; general: Served['general'] },
  trainingJob: string,
  fates: Fates,
): Promise<void> {
  const { domain, labels } = read<{ domain: string; labels: string[] }>(
    root,
    'input/data/domain/domain.json',
  );
  const good = mode === 'transfer' && fates.quality(general.version) !== 'poor';
  const test = join(root, 'input/data/test');
  const rows = labels.flatMap((truth, index) =>
    readdirSync(join(test, truth))
      .sort()
      .map((file, n) => ({
        id: `${truth}/${file}`,
        truth,
        confidence: 0.9,
        prediction: good || n % 2 === 1 ? truth : labels[1 - index]!,
      })),
  );
  const content = (id: string) => readFileSync(join(test, id), 'utf8');
  const recall = (share: number) => Object.fromEntries(labels.map((label) => [label, share]));
  const shareRight = (of: typeof rows) => of.filter((row) => row.truth === row.prediction).length / of.length;
  const live = await championOf(root);
  const answers = live && rows.map((row) => ({ ...row, prediction: live.knows[content(row.id)]! }));
  const accuracy = shareRight(rows);
  const evaluation = {
    schemaVersion: 1,
    ...(live && answers
      ? {
          champion: {
            trainingJob: live.trainingJob,
            ...live.general,
            accuracy: shareRight(answers),
            interval: { lower: 0, upper: 1 },
            recall: recall(shareRight(answers)),
            rows: answers,
          },
        }
      : {}),
    mode,
    domain,
    general,
    labels,
    accuracy,
    rows,
    data: {
      trainDigest: '0'.repeat(64),
      testDigest: '0'.repeat(64),
      trainImages: 12,
      testImages: rows.length,
      damaged: [],
    },
    interval: { lower: 0, upper: 1 },
    recall: recall(accuracy),
    confusion: [
      [1, 0],
      [0, 1],
    ],
    curve: [],
    bestStep: 0,
    steps: 1,
    latencyMs: { p50: 1, p95: 1 },
    seconds: 1,
    seed: 1,
    backend: 'none',
  };
  writeFileSync(join(root, 'output/data/evaluation.json'), JSON.stringify(evaluation));
  const knows = Object.fromEntries(rows.map((row) => [content(row.id), row.prediction]));
  const served: Served = { domain, labels, general, knows, trainingJob };
  writeFileSync(join(root, 'model/served.json'), JSON.stringify(served));
}

async function championOf(root: string): Promise<Served | undefined> {
  const archive = join(root, 'input/data/champion/model.tar.gz');
  if (!existsSync(archive)) return undefined;
  const folder = await mkdtemp(join(root, 'champion-'));
  await unpack(archive, folder);
  const served = read<Served>(folder, 'served.json');
  await rm(folder, { recursive: true });
  return served;
}

const serve: Program = (spec, exit, { clock, activity, fates }) => {
  const served = read<Served>(spec.env.GRAFT_OPT_ML!, 'model/served.json');
  const quality = fates.quality(served.general.version);
  if (fates.unhealthy(served) || quality === 'crasher') {
    setImmediate(() => exit(1));
    return () => {};
  }
  const server: Server = createServer((request, response) => {
    const end = activity.begin();
    response.once('close', end);
    if (request.url === '/ping') return response.writeHead(200).end();
    void bodyOf(request).then((text) => {
      if (quality === 'mute') {
        fates.answered(served, 'failed');
        return response.writeHead(500).end('out of memory');
      }
      const known = served.knows[text];
      if (quality === 'liar') fates.answered(served, 'wrong');
      const top = quality === 'liar' ? served.labels.find((label) => label !== known) : known;
      const predictions = served.labels
        .map((label) => ({ label, probability: label === top ? 0.9 : 0.1 }))
        .sort((one, other) => other.probability - one.probability);
      response.writeHead(200, { 'content-type': 'application/json' });
      const { domain, general, trainingJob } = served;
      return response.end(JSON.stringify({ predictions, domain, general, trainingJob }));
    });
  });
  const cancel = clock.after(fates.servingSeconds * 1000, () => {
    server.listen(Number(spec.env.GRAFT_PORT), spec.env.GRAFT_HOST);
  });
  return () => {
    cancel();
    server.close();
    server.closeAllConnections();
  };
};

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
