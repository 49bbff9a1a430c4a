import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { Bucket } from '#cloud/aws/bucket.ts';
import { manifestSchema } from '#core/contracts/manifest.ts';
import { parseJson } from '#core/parse.ts';
import { whenToldToStop } from '#core/when-told-to-stop.ts';
import { buildIconData, ICON_AUGMENTATION } from '../examples/icons/icon-data.ts';
import type { Moment } from '../onprem-agent/cli/progress-bar.ts';
import {
  developmentSigningKey,
  graftFolder,
  localEnvironment,
  localRegion,
  localStage,
  packageLocalStack,
} from '../scripts/development.ts';
import { repository } from '../scripts/fingerprint.ts';
import { graft } from './agent.ts';
import { type Answer, ask, isLive, oneImagePerClass, sampleImages } from './ask.ts';
import { type ConsoleProcess, spawnConsole } from './console.ts';
import { type LocalAwsProcess, spawnLocalAws } from './local-aws.ts';
import { downloadReport, followPromotion, readResults } from './promotion.ts';
import type { Screen } from './screen.ts';
import {
  tellAnswers,
  tellAnswersAboutOtherImages,
  tellHowToGoOn,
  tellReport,
  tellResults,
  tellTraining,
} from './story.ts';

export interface DemonstrationOptions {
  once: boolean;
  json: boolean;
  port: number;
  maxTrainSeconds: number;
  seed: number;
}

/** Name of the general model and of the domain it is promoted to. */
const MODEL = 'icons';
const DOMAIN = 'produce';
/** Images of none of the classes that the endpoint is asked about. */
const OTHERS_ASKED = 10;
/** A second domain that is built and not pushed; the last lines show the command. */
const SECOND_DOMAIN = 'vehicles';

/**
 * Runs the whole path with the programs that a user would run: `graft`, the local AWS over HTTP, the REST
 * API.
 *
 * @returns exit code: 0 only when the domain was deployed and answered
 */
export async function runDemonstration(options: DemonstrationOptions, screen: Screen): Promise<number> {
  const startedAt = performance.now();
  const seconds = () => (performance.now() - startedAt) / 1000;
  const folders = {
    data: join(graftFolder, 'data'),
    general: join(graftFolder, 'start', 'general'),
    state: join(graftFolder, 'start', 'local-aws'),
    log: join(graftFolder, 'start', 'local-aws.log'),
    report: join(graftFolder, 'start', 'report.html'),
  };

  const key = await developmentSigningKey();
  const [template, data] = await Promise.all([
    packageLocalStack(key.publicKey),
    buildIconData({
      out: folders.data,
      seed: options.seed,
      onProgress: (done, total) => screen.bar('images', { done, total, unit: 'img' }),
    }),
  ]);
  const aws = await spawnLocalAws({ template, state: folders.state, port: options.port }, folders.log);
  let webConsole: ConsoleProcess | undefined;
  const stop = async () => {
    await webConsole?.stop();
    await aws.stop();
  };
  const closing = closeOnSignals(stop);
  try {
    const environment = localEnvironment(aws.endpoint);
    screen.line(`Local AWS on ${aws.endpoint}, log ${relative(repository, folders.log)}`);
    if (!options.once) {
      const opens = process.stdout.isTTY && !options.json;
      webConsole = await spawnConsole(environment, [
        ...['--stack', `graft-${localStage}`, opens ? '--open' : '--no-open'],
      ]);
      screen.line(`Console: open ${webConsole.url} and watch`);
    }
    screen.line();

    screen.line(screen.paint('heading', ' 1  Train a general model on-prem'));
    screen.line(`    ${data.generalClasses} classes, ${data.images.general} images`);
    let hint: string | undefined;
    await graft(
      [
        ...['train', join(folders.data, 'general'), '--out', folders.general, '--force', '--model', MODEL],
        ...['--max-seconds', String(options.maxTrainSeconds), '--seed', String(options.seed)],
        ...['--augment', ICON_AUGMENTATION],
      ],
      environment,
      (event) => {
        if (event.event === 'backend') hint = event.hint as string | undefined;
        showProgress(screen, event);
      },
    );
    const manifest = parseJson(
      manifestSchema,
      await readFile(join(folders.general, 'manifest.json'), 'utf8'),
      'manifest.json',
    );
    const { version, origin } = manifest;
    if (origin.kind !== 'trained') throw new Error(`"${folders.general}" was not trained here`);
    const figures = origin.training;
    tellTraining(screen, origin, hint);

    screen.line(screen.paint('heading', ' 2  Drop it into S3'));
    await graft(
      ['data', 'push', join(folders.data, DOMAIN), '--domain', DOMAIN, '--stack', `graft-${localStage}`],
      environment,
      (event) => showProgress(screen, event),
    );
    const pushedAt = performance.now();
    await graft(
      ['push', folders.general, '--key', key.path, '--stack', `graft-${localStage}`],
      environment,
      (event) => showProgress(screen, event),
    );
    screen.line(`    general/${MODEL}/${version}`);
    screen.line('    signed, checksummed, manifest.json last');

    const clients = {
      region: localRegion,
      endpoint: aws.endpoint,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    };
    const promotion = await followPromotion(
      new SFNClient(clients),
      aws.outputs.StateMachineArn!,
      { model: MODEL, version },
      (running) =>
        screen.status(`    ${running.join(' · ')}   ${Math.round((performance.now() - pushedAt) / 1000)} s`),
    );
    const promotionSeconds = (performance.now() - pushedAt) / 1000;
    const s3 = new S3Client({ ...clients, forcePathStyle: true });
    const promoted = {
      artifacts: new Bucket(s3, aws.outputs.ArtifactsBucket!),
      execution: promotion.name,
      domain: DOMAIN,
    };
    const results = await readResults(promoted);
    tellResults(screen, promotion, results);
    tellReport(screen, (await downloadReport(promoted, folders.report)) ? folders.report : undefined);

    const url = `${aws.outputs.ApiUrl}/domains/${DOMAIN}/predictions`;
    const deployed = results.outcome?.outcome === 'DEPLOYED';
    const samples = await oneImagePerClass(join(folders.data, DOMAIN, 'test'));
    // When a model is refused, the champion from before stays live.
    const live = deployed || (await isLive(url, aws.apiKey, samples[0]!.image));
    const answers = live ? await askAll(url, aws, samples) : [];
    if (live) {
      tellAnswers(screen, answers, version);
      const others = await sampleImages(join(folders.data, DOMAIN, 'other'), OTHERS_ASKED);
      tellAnswersAboutOtherImages(screen, await askAll(url, aws, others));
    }
    const ok = promotion.status === 'SUCCEEDED' && deployed;
    screen.line();
    screen.line(
      `${ok ? screen.paint('good', 'Done') : screen.paint('bad', 'Not done')} in ${seconds().toFixed(0)} s: training ${figures.seconds.toFixed(0)} s, promotion ${promotionSeconds.toFixed(0)} s.`,
    );

    if (!options.once) {
      tellHowToGoOn(screen, {
        endpoint: aws.endpoint,
        console: webConsole?.url,
        url,
        apiKey: aws.apiKey,
        image: samples[0]!.image,
        stateMachineArn: aws.outputs.StateMachineArn!,
        input: { model: MODEL, version, domains: [DOMAIN] },
        domain: {
          name: SECOND_DOMAIN,
          folder: join(folders.data, SECOND_DOMAIN),
          stack: `graft-${localStage}`,
        },
      });
      await closing.asked;
    }
    if (options.json) {
      const { outcome, baselineAccuracy, transferAccuracy, endpoint } = results.outcome ?? {};
      const first = answers[0];
      console.log(
        JSON.stringify({
          ok,
          modelVersion: version,
          seconds: { total: seconds(), train: figures.seconds, promotion: promotionSeconds },
          domains: {
            [DOMAIN]: {
              outcome: outcome ?? 'FAILED',
              baselineAccuracy: baselineAccuracy ?? null,
              transferAccuracy: transferAccuracy ?? null,
              endpoint: endpoint ?? null,
            },
          },
          prediction:
            first === undefined
              ? null
              : { expected: first.expected, label: first.label, probability: first.probability },
        }),
      );
    }
    return ok ? 0 : 1;
  } finally {
    closing.release();
    await stop();
  }
}

async function askAll(
  url: string,
  aws: LocalAwsProcess,
  samples: Awaited<ReturnType<typeof oneImagePerClass>>,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const { image, expected } of samples) {
    answers.push(await ask(url, aws.apiKey, image, expected));
  }
  return answers;
}

/** Shows the agent's progress events as a bar. */
function showProgress(screen: Screen, event: Record<string, unknown>): void {
  if (event.event !== 'progress') return;
  const { event: _event, of, ...moment } = event;
  screen.bar(`    ${String(of)}`, moment as unknown as Moment);
}

/** Ends the other programs first when this process is told to stop, so that no process is left. */
function closeOnSignals(stop: () => Promise<void>) {
  let asked: () => void = () => {};
  const promise = new Promise<void>((resolve) => {
    asked = resolve;
  });
  let waiting = false;
  const onSignal = async () => {
    asked();
    if (waiting) return;
    await stop();
    process.exit(130);
  };
  const release = whenToldToStop(() => void onSignal());
  return {
    get asked() {
      waiting = true;
      return promise;
    },
    release,
  };
}
