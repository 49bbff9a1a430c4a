import { availableParallelism } from 'node:os';
import { augment } from '../data/augment.ts';
import { openPixels, type PixelSource } from '../data/pixel-source.ts';
import { trainingInput } from '../network/input.ts';
import { type BatchSource, createSelection, type Selection } from './batch-source.ts';
import { startDataThreads } from './data-threads.ts';
import type { TrainingPlan } from './loop.ts';
import { type Preparer, prefetchedBatches } from './prefetch.ts';
import { softenTargets } from './targets.ts';
import type { Validation } from './validation.ts';

/** The images of a training, as each of its workers gets them. The buffers are shared. */
export interface TrainingData {
  pixels: PixelSource;
  /** Index in the pixels' source of each training image. */
  images: Int32Array;
  /** Those that the network is measured on, and their classes; undefined where it is not. */
  validation?:
    | { every: number; images: Int32Array; classIndices: Int32Array; labelCount: number }
    | undefined;
}

export interface WorkerData {
  batches: BatchSource;
  validation: Validation | undefined;
}

/** Images of a batch that a network is measured on, at the most. */
const VALIDATION_BATCH = 64;
/** Threads of one worker at the most. */
const MOST_THREADS = 16;
/** Pixels of images that a thread of their own is worth it for, when they are decoded already. */
const LEAST_PIXELS = 64 * 64;

/**
 * Opens a worker's part of the images. They are decoded and varied on threads of their own, except small ones
 * in memory, where a thread would cost more than it gains.
 */
export async function openWorkerData(
  { pixels, images, validation }: TrainingData,
  plan: TrainingPlan,
  { rank, onNotice }: { rank: number; onNotice?: ((message: string) => void) | undefined },
): Promise<WorkerData & { close(): Promise<void> }> {
  const { input, workers } = plan;
  const imageValues = input.height * input.width * 3;
  const isSmall = pixels.kind === 'memory' && input.height * input.width < LEAST_PIXELS;
  const threads = Math.max(1, Math.min(MOST_THREADS, Math.floor(availableParallelism() / workers)));
  const preparer = isSmall
    ? await prepareHere(pixels, plan)
    : startDataThreads({ input, augmentation: plan.augmentation, pixels }, threads, onNotice);
  const depth = isSmall ? { depth: 0 } : {};
  const select = createSelection(plan, rank);
  const batches = prefetchedBatches(
    (step) => {
      const selection = select(step);
      return { ...selection, images: selection.images.map((image) => images[image]!) };
    },
    preparer,
    { images: plan.batchSize / workers, imageValues, ...depth },
  );
  const open = (selectPart: Select) =>
    prefetchedBatches(selectPart, preparer, { images: VALIDATION_BATCH, imageValues, ...depth });
  const soften = softenTargets(plan, rank);
  return {
    batches: { ...batches, take: async (step) => soften(await batches.take(step), step) },
    validation: validation && { ...partOf(validation, { rank, workers }, open), input },
    async close() {
      await batches.close();
      await preparer.close();
    },
  };
}

type Select = (n: number) => Selection | undefined;

/** Images of all classes for each worker, as many as for the others. */
function partOf(
  { every, images, classIndices, labelCount }: NonNullable<TrainingData['validation']>,
  { rank, workers }: { rank: number; workers: number },
  open: (select: Select) => BatchSource,
): Omit<Validation, 'input'> {
  const own = images.map((_, at) => at).filter((at) => at % workers === rank);
  const batches = Math.ceil(own.length / VALIDATION_BATCH);
  const select: Select = (n) => {
    if (n >= batches) return undefined;
    const places = own.subarray(n * VALIDATION_BATCH, (n + 1) * VALIDATION_BATCH);
    return {
      images: places.map((at) => images[at]!),
      classIndices: places.map((at) => classIndices[at]!),
      seeds: Array.from(places, () => undefined),
    };
  };
  return { every, batches, labelCount, open: () => open(select) };
}

/** On the thread that asks. */
export async function prepareHere(
  pixels: PixelSource,
  { input, augmentation }: TrainingPlan,
): Promise<Preparer> {
  const imageValues = input.height * input.width * 3;
  const reader = await openPixels(pixels, imageValues);
  const form = trainingInput(input);
  return {
    async prepare({ images, seeds }, into) {
      for (const [i, image] of images.entries()) {
        const pixels = await reader.read(image);
        into.set(augment({ pixels, seeds: [seeds[i]] }, form, augmentation), i * imageValues);
      }
    },
    close: reader.close,
  };
}
