import { InvalidInputError } from '#core/errors.ts';
import { startThread } from '../threads/start-thread.ts';
import { type DataAnswer, type DataTask, END_OF_DATA, type PrepareTask } from './data-worker.ts';
import type { Preparer } from './prefetch.ts';

/** Images that a thread gets at a time: they are read and decoded side by side. */
const CHUNK = 8;

/**
 * Decodes and varies images on threads of their own.
 *
 * @param onWarning is told when an image in the cache is damaged
 */
export function startDataThreads(
  task: DataTask,
  count: number,
  onWarning: (message: string) => void = () => {},
): Preparer {
  const imageValues = task.input.height * task.input.width * 3;
  const threads = Array.from({ length: count }, () => startThread({ work: 'data', task }));
  const exits = threads.map((thread) => new Promise<void>((resolve) => thread.once('exit', () => resolve())));
  const waiting = new Map<number, { resolve(): void; reject(error: unknown): void }>();
  let lastId = 0;
  let broken: unknown;
  const fail = (error: unknown) => {
    broken ??= error;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  for (const thread of threads) {
    thread.once('error', fail);
    thread.once('exit', (code) => fail(new Error(`A thread that prepares images ended with code ${code}`)));
    thread.on('message', (message: DataAnswer) => {
      if ('warning' in message) return onWarning(message.warning);
      const own = waiting.get(message.id);
      waiting.delete(message.id);
      if (!('failure' in message)) return own?.resolve();
      const { message: text, hint } = message.failure;
      own?.reject(new InvalidInputError(text, hint === undefined ? {} : { hint }));
    });
  }

  function send(part: Omit<PrepareTask, 'id'>): Promise<void> {
    if (broken !== undefined) return Promise.reject(broken);
    const id = ++lastId;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      threads[id % threads.length]!.postMessage({ id, ...part } satisfies PrepareTask);
    });
  }

  return {
    async prepare({ images, seeds }, into) {
      const parts: Promise<void>[] = [];
      for (let from = 0; from < images.length; from += CHUNK) {
        const to = Math.min(images.length, from + CHUNK);
        parts.push(
          send({
            images: images.slice(from, to),
            seeds: seeds.slice(from, to),
            into: into.subarray(from * imageValues, to * imageValues),
          }),
        );
      }
      await Promise.all(parts);
    },
    async close() {
      for (const thread of threads) thread.postMessage(END_OF_DATA);
      await Promise.all(exits);
    },
  };
}
