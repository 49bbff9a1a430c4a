import { monotonicMs } from '#core/monotonic.ts';
import type { TrainingImages } from '#model/data/training-images.ts';
import { openBatchSamples } from '#model/training/batch-sample.ts';
import type { GeneralTrainingOptions } from '#model/training/general.ts';
import type { GeneralTrainingProgress } from '#model/training/general-progress.ts';
import { type EventFile, openEventFile, type Summary } from './event-file.ts';
import { confusionPicture, sheetOf } from './pictures.ts';

/** Images of a batch that are shown. */
const SHOWN_IMAGES = 16;
const MILLISECONDS_BETWEEN = 1_000;

/** A training as TensorBoard shows it. */
export interface TrainingLog {
  /** Does not wait for pictures. */
  note(progress: GeneralTrainingProgress): void;
  /** Waits for what is being written. */
  close(): Promise<void>;
}

/**
 * Writes scalars once a second and after each validation, and with each validation 16 images of a batch as
 * the network sees them, and the confusion matrix. A folder that cannot be written to stops no training.
 *
 * @param from the step that the training goes on from
 * @param onFailure is told once
 */
export async function openTrainingLog(
  folder: string,
  { images, options, from }: { images: TrainingImages; options: GeneralTrainingOptions; from: number },
  onFailure: (message: string) => void,
): Promise<TrainingLog> {
  let file: EventFile | undefined;
  const attempt = async (work: () => void | Promise<void>) => {
    try {
      await work();
    } catch (error) {
      onFailure(`Events cannot be written in "${folder}": ${(error as Error).message}`);
      file = undefined;
    }
  };
  await attempt(() => {
    file = openEventFile(folder, from);
  });
  const samples = await openBatchSamples(images, options, SHOWN_IMAGES);
  let writing: Promise<void> = Promise.resolve();
  let writtenAt = Number.NEGATIVE_INFINITY;
  let isFirst = true;

  async function writePictures({ step, validated }: GeneralTrainingProgress) {
    const batch = await sheetOf(await samples.take(step - 1), images.input.height);
    const summaries: Summary[] = [{ tag: 'batch', image: batch }];
    if (validated?.confusion) {
      summaries.push({ tag: 'validation/confusion', image: await confusionPicture(validated.confusion) });
    }
    file?.write(step, summaries);
  }

  return {
    note(progress) {
      const { step, steps, validated } = progress;
      const now = monotonicMs();
      if (!validated && step < steps && now - writtenAt < MILLISECONDS_BETWEEN) return;
      writtenAt = now;
      const hasPictures = isFirst || validated !== undefined;
      isFirst = false;
      writing = writing.then(() =>
        attempt(async () => {
          file?.write(step, scalarsOf(progress));
          if (file && hasPictures) await writePictures(progress);
        }),
      );
    },
    async close() {
      await writing;
      await samples.close();
      file?.close();
    },
  };
}

function scalarsOf(progress: GeneralTrainingProgress): Summary[] {
  const { loss, accuracy, learningRate, imagesPerSecond, stall, validated } = progress;
  const scalars = {
    'training/loss': loss,
    'training/accuracy': accuracy,
    'training/learning rate': learningRate,
    'speed/images per second': imagesPerSecond,
    'speed/stall': stall,
    ...(validated && {
      'validation/loss': validated.validationLoss,
      'validation/accuracy': validated.validationAccuracy,
    }),
  };
  return Object.entries(scalars).map(([tag, scalar]) => ({ tag, scalar }));
}
