import type { ArgsDef } from 'citty';
import type { TrainingImages } from '#model/data/training-images.ts';
import {
  type GeneralTrainingOptions,
  type GeneralTrainingResult,
  trainGeneral,
} from '#model/training/general.ts';
import type { GeneralTrainingProgress } from '#model/training/general-progress.ts';
import type { Setting } from '#model/training/training-checkpoints.ts';
import { numberOption } from '../../cli/arguments.ts';
import type { Output } from '../../cli/output.ts';
import type { Moment } from '../../cli/progress-bar.ts';
import { type Gauge, openPrometheusFile } from './prometheus-file.ts';
import type { TrainingFolder } from './training-folder.ts';
import { openTrainingLog, type TrainingLog } from './training-log.ts';

/** Options that say how a training is kept and seen; none changes its result. */
export const watchArgs = {
  cache: {
    type: 'string',
    valueHint: 'DIR',
    description: 'Keep decoded images there, where they do not fit into memory',
  },
  'checkpoint-seconds': {
    type: 'string',
    valueHint: 'N',
    default: '60',
    description: 'Save the training this often, to go on after a kill',
  },
  restart: { type: 'boolean', description: 'Begin anew, whatever an earlier run has saved' },
  logs: { type: 'string', valueHint: 'DIR', description: 'Write event files for TensorBoard there' },
  metrics: {
    type: 'string',
    valueHint: 'FILE',
    description: 'Keep a file of metrics for Prometheus (NAME.prom)',
  },
} as const satisfies ArgsDef;

interface WatchedTraining {
  data: TrainingImages;
  options: GeneralTrainingOptions;
  settings: Record<string, Setting>;
  folder: TrainingFolder;
  place: { name: string; out: string };
}

interface WatchOptions {
  'checkpoint-seconds': string;
  logs?: string | undefined;
  metrics?: string | undefined;
}

/** Everything that decides the result of a training, flat, so that a difference can be named. */
export function settingsOf(
  options: GeneralTrainingOptions,
  others: Record<string, Setting>,
): Record<string, Setting> {
  const own = Object.entries(options).map(([name, value]): [string, Setting] => [
    name,
    typeof value === 'object' ? JSON.stringify(value) : (value as Setting),
  ]);
  return { ...Object.fromEntries(own), ...others };
}

/**
 * Trains, goes on where an earlier run was, and shows how it goes in every place that is asked for.
 *
 * @throws the signal's reason, after the training has been saved
 */
export async function trainAndWatch(
  { data, options, settings, folder, place }: WatchedTraining,
  args: WatchOptions,
  { output, signal }: { output: Output; signal: AbortSignal },
): Promise<GeneralTrainingResult> {
  const warn = (message: string) => output.warn({}, message);
  const everySeconds = numberOption('checkpoint-seconds', args['checkpoint-seconds'], { minimum: 0 })!;
  const from = await folder.find(settings, warn);
  const step = from?.state.step ?? 0;
  if (from) {
    output.note(
      'continued',
      { step, startedAt: from.startedAt, seconds: from.seconds },
      `Continues at step ${step} of the training that began at ${from.startedAt}`,
    );
  }
  await folder.tell({ state: 'training', step, steps: null });
  const log =
    args.logs === undefined
      ? undefined
      : await openTrainingLog(args.logs, { images: data, options, from: step }, warn);
  const prometheus =
    args.metrics === undefined ? undefined : openPrometheusFile(args.metrics, { model: place.name }, warn);
  const bar = output.progress('train', 'train');
  let saved = { step, steps: null as number | null };
  let validated: GeneralTrainingProgress['validated'];
  let writing: Promise<unknown> = Promise.resolve();
  const onProgress = (progress: GeneralTrainingProgress) => {
    validated = progress.validated ?? validated;
    const known = { ...progress, validated };
    bar.update(momentOf(known, options.batchSize));
    log?.note(progress);
    if (progress.isSaved) {
      saved = { step: progress.step, steps: progress.steps };
      writing = writing.then(() => folder.tell({ state: 'training', ...saved })).catch(() => {});
    }
    const isUrgent = progress.validated !== undefined || progress.step >= progress.steps;
    writing = writing.then(() => prometheus?.write(gaugesOf(known, saved.step), isUrgent));
  };
  try {
    const checkpoints = { folder: folder.path, everySeconds, settings, from };
    return await trainGeneral(data, { ...options, checkpoints }, { signal, onProgress, onNotice: warn });
  } catch (error) {
    await writing;
    await tellHowToGoOn(folder, saved, output);
    throw error;
  } finally {
    bar.end();
    await writing;
    await closeLog(log);
  }
}

async function tellHowToGoOn(
  folder: TrainingFolder,
  saved: { step: number; steps: number | null },
  output: Output,
) {
  await folder.tell({ state: 'interrupted', ...saved }).catch(() => {});
  if (saved.step === 0) return;
  output.note(
    'kept',
    { step: saved.step, folder: folder.path },
    `The training is saved at step ${saved.step}: run the same command again to go on`,
  );
}

const closeLog = async (log: TrainingLog | undefined) => log?.close();

function momentOf(progress: GeneralTrainingProgress, batchSize: number): Moment {
  const { step, steps, epoch, epochs, accuracy, loss, stall, learningRate, validated } = progress;
  const heldOut = validated?.validationAccuracy;
  return {
    done: step * batchSize,
    total: steps * batchSize,
    unit: 'img',
    rate: progress.imagesPerSecond,
    secondsLeft: progress.secondsLeft,
    notes: [
      epochs < MOST_EPOCHS ? `epoch ${epoch}/${epochs}` : `epoch ${epoch}`,
      `accuracy ${accuracy.toFixed(2)}`,
      ...(heldOut === undefined ? [] : [`held out ${heldOut.toFixed(2)}`]),
      `stall ${Math.round(100 * stall)} %`,
    ],
    details: {
      ...{ epoch, epochs, step, steps, loss, accuracy, learningRate, stall },
      ...(validated && {
        validationAccuracy: validated.validationAccuracy,
        validationLoss: validated.validationLoss,
      }),
    },
  };
}

/**
 * As many are meant to be without end: how many fit into `--max-seconds` is known after the first steps only.
 */
export const MOST_EPOCHS = 100_000;

function gaugesOf(progress: GeneralTrainingProgress, savedStep: number): Gauge[] {
  const gauge = (name: string, help: string, value: number | undefined): Gauge => ({
    ...{ name: `graft_train_${name}`, help, value },
  });
  const { validated } = progress;
  return [
    gauge('step', 'Steps taken.', progress.step),
    gauge('steps', 'Steps planned.', progress.steps),
    gauge('saved_step', 'Step from which the training can go on.', savedStep),
    gauge('loss', 'Mean loss of the last steps.', progress.loss),
    gauge('accuracy_ratio', 'Mean accuracy of the last steps.', progress.accuracy),
    gauge('learning_rate', 'Of the last step.', progress.learningRate),
    gauge('images_per_second', 'Training images.', progress.imagesPerSecond),
    gauge('stall_ratio', 'Share of the time in which training waited for data.', progress.stall),
    gauge('seconds_left', 'Estimated.', progress.secondsLeft),
    gauge('validation_accuracy_ratio', 'On held-out images.', validated?.validationAccuracy),
    gauge('validation_loss', 'On held-out images.', validated?.validationLoss),
  ];
}
