import type { MessagePort } from 'node:worker_threads';
import type { Input } from '#core/contracts/common.ts';
import { GraftError } from '#core/errors.ts';
import { type Augmentation, augment } from '../data/augment.ts';
import { openPixels, type PixelSource } from '../data/pixel-source.ts';
import { trainingInput } from '../network/input.ts';

/** What a thread that prepares images gets at its start. */
export interface DataTask {
  input: Input;
  augmentation: Augmentation | undefined;
  pixels: PixelSource;
}

/** Some images of a batch. */
export interface PrepareTask {
  id: number;
  /** Indices into the pixels' source. */
  images: Int32Array;
  seeds: (string | undefined)[];
  /** Gets their values: a part of a batch in shared memory. */
  into: Float32Array;
}

/** Tells a thread to end. */
export const END_OF_DATA = 'end';

export type DataAnswer =
  | { id: number }
  | { id: number; failure: { message: string; hint: string | undefined } }
  | { warning: string };

/** Prepares images until it is told to end. */
export async function prepareImages(task: DataTask, port: MessagePort): Promise<void> {
  const { input, augmentation, pixels } = task;
  const imageBytes = input.height * input.width * 3;
  const answer = (message: DataAnswer) => port.postMessage(message);
  const reader = await openPixels(pixels, imageBytes, (warning) => answer({ warning }));
  const form = trainingInput(input);
  port.on('message', async (message: PrepareTask | typeof END_OF_DATA) => {
    if (message === END_OF_DATA) {
      port.close();
      await reader.close();
      return;
    }
    const { id, images, seeds, into } = message;
    try {
      const all = await Promise.all(Array.from(images, (image) => reader.read(image)));
      for (const [i, own] of all.entries())
        into.set(augment({ pixels: own, seeds: [seeds[i]] }, form, augmentation), i * imageBytes);
      answer({ id });
    } catch (error) {
      const { message: text, hint } = error as GraftError;
      answer({ id, failure: { message: text, hint: error instanceof GraftError ? hint : undefined } });
    }
  });
}
