import * as tf from '@tensorflow/tfjs-core';
import type { Input } from '#core/contracts/common.ts';
import type { Batch } from './batch-source.ts';
import { isOutOfMemory } from './out-of-memory.ts';
import type { Replica } from './replica.ts';

export interface BatchInParts extends Batch {
  input: Pick<Input, 'height' | 'width'>;
  /** As many equal parts as the batch passes through the network in. */
  parts: number;
}

/**
 * One forward and backward pass of a batch. Where memory does not suffice, the batch is halved until it does
 * and the gradients are added up: the step stays one of the same number of images. Batch normalisation then
 * takes its statistics from each part, so that the result differs a little from that of the whole.
 *
 * @param into see `Replica.learn`
 * @param onNotice is told when parts get smaller
 * @returns the number of parts, with which the next batch is to begin
 * @throws the backend's error when a single image does not fit
 */
export async function learnBatch(
  replica: Pick<Replica, 'learn' | 'size'>,
  batch: BatchInParts,
  into: Float32Array,
  onNotice: (message: string) => void = () => {},
): Promise<number> {
  const images = batch.classIndices.length;
  let { parts } = batch;
  for (;;) {
    try {
      await learnParts(replica, batch, Math.min(parts, images), into);
      return parts;
    } catch (error) {
      if (!isOutOfMemory(error) || parts >= images) throw error;
      parts *= 2;
      onNotice(
        `Memory did not suffice for ${images} images at once (${firstLine(error)}): each step adds up ${parts} parts of ${Math.ceil(images / parts)}`,
      );
    }
  }
}

async function learnParts(
  replica: Pick<Replica, 'learn' | 'size'>,
  { values, classIndices, targets, input }: BatchInParts,
  parts: number,
  into: Float32Array,
) {
  const images = classIndices.length;
  if (parts === 1)
    return learnAll(replica, { values, classIndices, ...(targets && { targets }) }, input, into);
  const own = new Float32Array(replica.size);
  const length = values.length / images;
  const labels = (targets?.length ?? 0) / images;
  into.fill(0, 0, replica.size);
  for (let part = 0; part < parts; part++) {
    const [from, to] = [part, part + 1].map((n) => Math.floor((n * images) / parts)) as [number, number];
    const some = {
      values: values.subarray(from * length, to * length),
      classIndices: classIndices.subarray(from, to),
      ...(targets && { targets: targets.subarray(from * labels, to * labels) }),
    };
    await learnAll(replica, some, input, own);
    const weight = (to - from) / images;
    // All are means over the images, except the last, which is a number of images.
    for (let i = 0; i < replica.size - 1; i++) into[i]! += weight * own[i]!;
    into[replica.size - 1]! += own[replica.size - 1]!;
  }
}

const learnAll = (
  replica: Pick<Replica, 'learn'>,
  { values, classIndices, targets }: Batch,
  { height, width }: Pick<Input, 'height' | 'width'>,
  into: Float32Array,
) =>
  replica.learn(() => {
    const n = classIndices.length;
    const truth = {
      classIndices: tf.tensor1d(classIndices, 'int32'),
      ...(targets && { targets: tf.tensor2d(targets, [n, targets.length / n]) }),
    };
    return { x: tf.tensor4d(values, [n, height, width, 3]), truth };
  }, into);

const firstLine = (error: unknown) => (error as Error).message.split('\n')[0]!.slice(0, 120);
