import { stat } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { MODEL_FILE } from '#core/contracts/manifest.ts';
import { readServedModel } from '#model/prediction/served-model.ts';

const MEBIBYTE = 1024 ** 2;
/** Resident memory of `serve` without a model, and what requests need (docs/container.md, "Memory"). */
const BASE_BYTES = 512 * MEBIBYTE;
/** A thread of Node with ONNX Runtime, without a model: 11 MiB were measured. */
const THREAD_BYTES = 16 * MEBIBYTE;
/** Weights, and their form for the processor's kernels, in times the file's size: 1.7 were measured. */
const TIMES_FILE = 2;
/** Values between layers, for each pixel of the network's input: 23 MiB were measured at 224 × 224. */
const BYTES_A_PIXEL = (24 * MEBIBYTE) / 224 ** 2;

/** Bytes that models may take together in this container, or on this machine. */
export function memoryForModels(
  total = Math.min(totalmem(), process.constrainedMemory() || totalmem()),
): number {
  return Math.max(0, total * 0.9 - BASE_BYTES);
}

/**
 * Bytes that a model takes with its thread, estimated before it is loaded: a tenth to a half more than what
 * was measured (docs/container.md, "Many models").
 *
 * @throws the system's error where there is no graph; NotFoundError or InvalidInputError where nothing
 *   describes it
 */
export async function memoryOf(folder: string): Promise<number> {
  const { size } = await stat(join(folder, MODEL_FILE));
  const { height, width } = (await readServedModel(folder)).input;
  return THREAD_BYTES + TIMES_FILE * size + BYTES_A_PIXEL * height * width;
}
