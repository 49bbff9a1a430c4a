import type { MessagePort } from 'node:worker_threads';
import type { Input } from '#core/contracts/common.ts';
import { InvalidInputError } from '#core/errors.ts';
import { augment } from '../data/augment.ts';
import { shapeOf } from '../data/prepare.ts';
import { openSession, RUNTIME, type Session, type Values } from '../onnx/session.ts';

/** What a thread that infers gets at its start. */
export interface InferenceThread {
  /** Path of an ONNX file. */
  model: string;
  /** The forms in which the model may get an image. They differ in how it is resized. */
  inputs: readonly Input[];
  /** Names of the outputs that are wanted; all when left out. */
  outputs?: readonly string[] | undefined;
}

/** One image that is to pass the model, itself or varied. */
export interface InferenceTask {
  /**
   * Path or bytes of an image file, or the pixels of one or several images that have the network's
   * size, one after another: they pass the model as one batch.
   */
  image: string | Uint8Array | { pixels: Uint8Array };
  /** Which of the inputs' forms it gets; the first when left out. */
  form?: number;
  /** One variant of the image for each, see `augment`; the image as it is when left out. */
  seeds?: readonly (string | undefined)[];
  /** After which decoding is given up. */
  secondsAtMost?: number;
}

/** For each variant the outputs' values, in the order of names; of a batch row by row. */
export type InferenceResult = Float32Array<ArrayBuffer>[][];

export interface NumberedTask extends InferenceTask {
  id: number;
}

/** Tells a thread to end. */
export const END = 'end';

export type ThreadAnswer =
  | { state: 'ready'; outputNames: string[]; runtime: string }
  | { state: 'done'; id: number; result: InferenceResult }
  /** The image is at fault. */
  | { state: 'refused'; id: number; message: string; hint: string | undefined }
  | { state: 'failed'; id: number; error: unknown };

/**
 * Answers each task with its result until it is told to end. It ends by itself, between two runs: a thread
 * that is terminated while ONNX Runtime computes takes the whole process with it.
 */
export async function answerTasks(thread: InferenceThread, port: MessagePort): Promise<void> {
  const session = await openSession(thread.model);
  const outputs = thread.outputs ?? session.outputNames;
  const ended = new AbortController();
  port.on('message', async (message: NumberedTask | typeof END) => {
    if (message === END) {
      ended.abort();
      port.close();
      return;
    }
    const { id, ...task } = message;
    const answer = await infer(task, thread.inputs, { session, outputs }, ended.signal).then(
      (result): ThreadAnswer => ({ state: 'done', id, result }),
      (error: unknown): ThreadAnswer =>
        error instanceof InvalidInputError
          ? { state: 'refused', id, message: error.message, hint: error.hint }
          : { state: 'failed', id, error },
    );
    if (ended.signal.aborted) return;
    const memory = answer.state === 'done' ? answer.result.flat().map(({ buffer }) => buffer) : [];
    port.postMessage(answer, memory);
  });
  port.postMessage({
    state: 'ready',
    outputNames: [...outputs],
    runtime: RUNTIME,
  } satisfies ThreadAnswer);
}

/**
 * Decodes the image once and runs its variants one by one: where a network's computing outweighs the overhead
 * of a run, larger batches are no faster on one core, and take more memory.
 */
async function infer(
  { image, form = 0, seeds = [undefined], secondsAtMost }: InferenceTask,
  inputs: readonly Input[],
  { session, outputs }: { session: Session; outputs: readonly string[] },
  signal: AbortSignal,
): Promise<InferenceResult> {
  const input = inputs[form]!;
  const pixels =
    typeof image === 'object' && 'pixels' in image ? image.pixels : await decode(image, input, secondsAtMost);
  const count = pixels.length / (input.height * input.width * 3);
  const results: InferenceResult = [];
  for (const seed of seeds) {
    signal.throwIfAborted();
    const data = augment({ pixels, seeds: Array<typeof seed>(count).fill(seed) }, input);
    const values = await session.run({ [input.name]: { dims: shapeOf(input, count), data } }, outputs);
    results.push(outputs.map((name) => ownMemory(values[name]!)));
  }
  return results;
}

/** A copy where ONNX Runtime's memory could not be given to another thread. */
const ownMemory = ({ data }: Values): Float32Array<ArrayBuffer> => data.slice();

/** The decoder is loaded when it is needed: an endpoint's threads get decoded images. */
async function decode(image: string | Uint8Array, input: Input, secondsAtMost?: number) {
  const { decodeImage } = await import('../data/image.ts');
  return decodeImage(image, input, secondsAtMost);
}
