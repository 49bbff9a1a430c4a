import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { Logger } from 'pino';
import { type CurvePoint, type Evaluation, evaluationSchema } from '#core/contracts/evaluation.ts';
import { servedModelSchema } from '#core/contracts/served-model.ts';
import { InvalidInputError } from '#core/errors.ts';
import { parse } from '#core/parse.ts';
import { INSTANCE_BODY_BYTES } from '#core/prediction-requests.ts';
import type { DataSet } from '#model/data/data-set.ts';
import { readImageFile } from '#model/data/image.ts';
import { evaluate } from '#model/evaluation/evaluate.ts';
import { loadModel, saveModel } from '#model/network/files.ts';
import { type BackendName, useBackend } from '#model/tensorflow/backend.ts';
import { trainBaseline } from '#model/training/baseline.ts';
import { calibrationTally } from '#model/transfer/calibration.ts';
import { trainTransfer, transferStepsAtMost } from '#model/transfer/transfer.ts';
import { evaluateUnsure } from '#model/unsure/evaluate-unsure.ts';
import { addOutOfDomain } from '#model/unsure/out-of-domain.ts';
import type { OptMl } from '../opt-ml.ts';
import { openCheckpoints } from './checkpoints.ts';
import { curveLine, testAccuracyLine } from './metrics.ts';
import { imageWarnings, type JobImages, readImages } from './read-images.ts';
import { type JobInputs, readInputs } from './read-inputs.ts';
import { scoreChampion } from './score-champion.ts';
import { servedLatency } from './served-latency.ts';
import { removeResults } from './stop.ts';

const LATENCY_IMAGES = 20;

/** What the process gives to a training job. */
export interface TrainingJob {
  paths: OptMl;
  /** Recorded in the served model, so that every prediction names its job. */
  trainingJob: string;
  backend?: BackendName | undefined;
  log: Logger;
  /** Takes one metric line, without a line break. */
  metric(line: string): void;
  onPoint?(point: CurvePoint): void;
  /** Aborted by SIGTERM. */
  signal: AbortSignal;
}

/**
 * The whole job: reads the channels, writes the content of `model.tar.gz` and `evaluation.json`. Accuracy,
 * rows and latency are measured on the saved model after it was read back from disk, latency behind the
 * container's own server, so that the report is about what will be served. A transfer job also scores the
 * champion on the same test images.
 *
 * @throws GraftError when an input is missing or wrong; `/opt/ml/model` is empty then
 */
export async function runTrainingJob(job: TrainingJob): Promise<Evaluation> {
  try {
    return await train(job);
  } catch (error) {
    removeResults(job.paths);
    throw error;
  }
}

async function train(job: TrainingJob): Promise<Evaluation> {
  const { paths, log, signal } = job;
  const startedAt = performance.now();
  const inputs = await readInputs(paths);
  const backend = await useBackend(job.backend);
  log.info({ backend, ...inputs.hyperparameters, general: inputs.manifest.version }, 'training starts');

  const images = await readImages(paths, inputs, signal);
  try {
    return await trainOn(job, inputs, images, { backend: backend.name, startedAt });
  } finally {
    images.close();
  }
}

async function trainOn(
  job: TrainingJob,
  inputs: JobInputs,
  images: JobImages,
  { backend, startedAt }: { backend: string; startedAt: number },
): Promise<Evaluation> {
  const { paths, log, signal } = job;
  const { manifest, domain } = inputs;
  for (const image of images.damaged) log.warn(image, 'image left out');

  const general = await loadModel(paths.channel('model'));
  const result = await trainAs(job, inputs, { general, train: images.train, backend });
  general.dispose();
  signal.throwIfAborted();

  const { keep } = domain.unsure;
  const { augmentation, seed } = domain.recipe;
  const options = { keep, augmentation, seed, signal };
  const { model, heldOut } = await addOutOfDomain(result.model, images.train, options);
  result.model.dispose();

  await mkdir(paths.model, { recursive: true });
  await saveModel(model, paths.model);
  model.dispose();
  await writeServedModel(job, inputs);

  const saved = await loadModel(paths.model);
  const tally = calibrationTally(result.calibration, images.test.classIndices);
  const measured = await evaluate(saved, images.test, { onProbabilities: tally.note, signal });
  const unsure = await evaluateUnsure(
    saved,
    { rows: measured.rows, other: images.other, keep, heldOut },
    signal,
  );
  saved.dispose();
  signal.throwIfAborted();
  const latencyMs = await servedLatency(paths.model, await encodedImages(job, images.test), job.backend);
  const isTransfer = inputs.hyperparameters.mode === 'transfer';
  const champion = isTransfer ? await scoreChampion(paths, images.test, signal) : {};
  if (champion.championNotScored) log.warn(champion.championNotScored, 'champion not scored');
  const warnings = await imageWarnings(images, signal);
  for (const warning of warnings) log.warn(warning);
  signal.throwIfAborted();

  const evaluation = parse(
    evaluationSchema,
    {
      schemaVersion: 1,
      mode: inputs.hyperparameters.mode,
      domain: domain.domain,
      general: { model: manifest.model, version: manifest.version },
      labels: domain.labels,
      data: {
        trainDigest: images.train.digest,
        testDigest: images.test.digest,
        trainImages: images.train.size,
        testImages: images.test.size,
        damaged: images.damaged,
      },
      ...measured,
      unsure,
      ...champion,
      ...(warnings.length === 0 ? {} : { warnings }),
      curve: result.curve,
      bestStep: result.bestStep,
      steps: result.steps,
      ...(result.choices ? { choices: result.choices } : {}),
      ...tally.calibration(),
      latencyMs,
      seconds: (performance.now() - startedAt) / 1000,
      seed: domain.recipe.seed,
      backend,
    },
    'evaluation.json',
  );
  await mkdir(paths.outputData, { recursive: true });
  await writeFile(paths.evaluation, JSON.stringify(evaluation));
  // Nothing is awaited from here to the end of the process: a job was either stopped or is done, never both.
  signal.throwIfAborted();
  job.metric(testAccuracyLine(evaluation.accuracy));
  log.info({ accuracy: evaluation.accuracy, seconds: evaluation.seconds }, 'training done');
  return evaluation;
}

/**
 * Encoded test images as a client would send them: different ones, so that no cache flatters the latency, and
 * none that an endpoint would refuse.
 */
async function encodedImages({ paths }: TrainingJob, testImages: DataSet): Promise<Uint8Array[]> {
  const step = Math.max(1, Math.floor(testImages.size / LATENCY_IMAGES));
  const spread = testImages.ids.filter((_, i) => i % step === 0);
  const images: Uint8Array[] = [];
  for (const id of new Set([...spread, ...testImages.ids])) {
    if (images.length === Math.min(LATENCY_IMAGES, testImages.size)) break;
    const image = await readImageFile(join(paths.channel('test'), id));
    if (image.length <= INSTANCE_BODY_BYTES) images.push(image);
  }
  if (images.length > 0) return images;
  throw new InvalidInputError(
    `Every test image has more than ${INSTANCE_BODY_BYTES} bytes, which is more than an endpoint takes`,
    { hint: 'Scale them down: the network sees a small image anyway.' },
  );
}

async function trainAs(
  job: TrainingJob,
  inputs: JobInputs,
  { general, train, backend }: { general: LayersModel; train: DataSet; backend: string },
) {
  const { hyperparameters, domain, manifest } = inputs;
  const task = { general, train, recipe: domain.recipe };
  const hooks = {
    onPoint(point: CurvePoint) {
      job.metric(curveLine(point));
      job.onPoint?.(point);
    },
    onResume({ phase, step, curve }: { phase: string; step: number; curve: readonly CurvePoint[] }) {
      job.log.info({ phase, step }, 'goes on where it was interrupted');
      for (const point of curve) job.onPoint?.(point);
    },
    signal: job.signal,
  };
  if (hyperparameters.mode === 'transfer') {
    return trainTransfer({ ...task, cutLayer: manifest.cutLayer }, hooks);
  }
  // The two jobs of a promotion run at the same time, so the baseline cannot know when the head stops early:
  // it takes no fewer steps than the head could take at most.
  const minimumSteps = transferStepsAtMost(domain.recipe);
  const checkpoints = await openCheckpoints(job, inputs, train, backend);
  return trainBaseline({ ...task, minimumSteps, checkpoints }, hooks);
}

async function writeServedModel(job: TrainingJob, { domain, manifest }: JobInputs): Promise<void> {
  const servedModel = parse(
    servedModelSchema,
    {
      schemaVersion: 1,
      domain: domain.domain,
      labels: domain.labels,
      input: manifest.input,
      general: { model: manifest.model, version: manifest.version },
      trainingJob: job.trainingJob,
    },
    'served-model.json',
  );
  await writeFile(join(job.paths.model, 'served-model.json'), JSON.stringify(servedModel));
}
