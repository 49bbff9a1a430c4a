import { stat } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { MODEL_FILE } from '#core/contracts/manifest.ts';

const MEBIBYTE = 1024 ** 2;
/** Resident memory of `serve` without a model, and what requests need (docs/container.md, "Memory"). */
const BASE_BYTES = 512 * MEBIBYTE;
/** A thread of Node with ONNX Runtime, without a model. */
const THREAD_BYTES = 24 * MEBIBYTE;
/** Weights, their form for the processor's kernels, and values between layers, in times the file's size. */
const TIMES_FILE = 3;

/** Bytes that models may take together in this container, or on this machine. */
export function memoryForModels(
  total = Math.min(totalmem(), process.constrainedMemory() || totalmem()),
): number {
  return Math.max(0, total * 0.9 - BASE_BYTES);
}

/**
 * Bytes that a model takes, estimated before it is loaded.
 *
 * @throws the system's error where there is no graph
 */
export async function memoryOf(folder: string): Promise<number> {
  const { size } = await stat(join(folder, MODEL_FILE));
  return THREAD_BYTES + TIMES_FILE * size;
}
