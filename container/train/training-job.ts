import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { type CurvePoint, type Evaluation, evaluationSchema } from '#core/contracts/evaluation.ts';
import { InvalidInputError } from '#core/errors.ts';
import { parse } from '#core/parse.ts';
import { INSTANCE_BODY_BYTES } from '#core/prediction-requests.ts';
import type { LoadedDataSet } from '#model/data/data-set.ts';
import { readImageFile } from '#model/data/image.ts';
import { THUMBNAIL } from '#model/data/near-duplicates.ts';
import { evaluate } from '#model/evaluation/evaluate.ts';
import { openServedModel } from '#model/prediction/served-model.ts';
import type { BackendName } from '#model/tensorflow/backend-names.ts';
import { BASELINE_INPUT } from '#model/training/baseline.ts';
import { type CalibrationTally, calibrationTally } from '#model/transfer/calibration.ts';
import { evaluateUnsure } from '#model/unsure/evaluate-unsure.ts';
import type { OptMl } from '../opt-ml.ts';
import { testAccuracyLine } from './metrics.ts';
import { imageWarnings, type JobImages, readImages } from './read-images.ts';
import { type JobInputs, readInputs } from './read-inputs.ts';
import { scoreChampion } from './score-champion.ts';
import { servedLatency } from './served-latency.ts';
import { removeResults } from './stop.ts';
import { trainModel } from './train-model.ts';
import { writeServedModel } from './write-served-model.ts';

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
  log.info({ ...inputs.hyperparameters, general: inputs.general.version }, 'training starts');
  // The backbone takes images from their files; a small size is enough to check them.
  const images = await readImages(paths, inputs, inputs.manifest ? THUMBNAIL : BASELINE_INPUT, signal);
  try {
    return await trainOn(job, inputs, images, startedAt);
  } finally {
    images.close();
  }
}

async function trainOn(
  job: TrainingJob,
  inputs: JobInputs,
  images: JobImages,
  startedAt: number,
): Promise<Evaluation> {
  const { paths, log, signal } = job;
  const { domain, hyperparameters } = inputs;
  for (const image of images.damaged) log.warn(image, 'image left out');

  const trained = await trainModel(job, inputs, images.train);
  const { record } = trained;
  let heldOut: number;
  try {
    heldOut = await writeServedModel(job, inputs, trained);
  } finally {
    trained.unsure.rows.close();
  }
  const tally = calibrationTally(record.calibration, images.test.classIndices);
  const { measured, unsure } = await evaluateSaved(job, inputs, images, { tally, heldOut });
  const latencyMs = await servedLatency(paths.model, await encodedImages(job, images.test));
  const champion = inputs.manifest ? await scoreChampion(paths, images.test, signal) : {};
  if (champion.championNotScored) log.warn(champion.championNotScored, 'champion not scored');
  const warnings = await imageWarnings(images, signal);
  for (const warning of warnings) log.warn(warning);
  signal.throwIfAborted();

  const evaluation = parse(
    evaluationSchema,
    {
      schemaVersion: 1,
      mode: hyperparameters.mode,
      domain: domain.domain,
      general: inputs.general,
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
      curve: record.curve,
      bestStep: record.bestStep,
      steps: record.steps,
      ...(record.choices ? { choices: record.choices } : {}),
      ...tally.calibration(),
      latencyMs,
      seconds: (performance.now() - startedAt) / 1000,
      seed: domain.recipe.seed,
      backend: trained.backend,
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

/** Measures the model as it was saved, from its files. */
async function evaluateSaved(
  { paths, signal }: TrainingJob,
  {
    domain: {
      unsure: { keep },
    },
  }: JobInputs,
  { test, other }: JobImages,
  { tally, heldOut }: { tally: CalibrationTally; heldOut: number },
) {
  const { pool, close } = await openServedModel(paths.model);
  try {
    const measured = await evaluate(pool, test, { onProbabilities: tally.note, signal });
    const unsure = await evaluateUnsure(pool, { rows: measured.rows, other, keep, heldOut }, signal);
    return { measured, unsure };
  } finally {
    await close();
  }
}

/**
 * Encoded test images as a client would send them: different ones, so that no cache flatters the latency, and
 * none that an endpoint would refuse.
 */
async function encodedImages({ paths }: TrainingJob, testImages: LoadedDataSet): Promise<Uint8Array[]> {
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
