import { InvalidInputError } from '#core/errors.ts';
import type { BufferDescriptor, Device, DeviceError, GpuBuffer } from './dawn.ts';

/** The parts of TensorFlow.js's WebGPU backend that are guarded (4.22; a test holds them to it). */
export interface WebgpuBackend {
  read(dataId: object): Promise<Float32Array | Int32Array | Uint8Array>;
  readSync(dataId: object): unknown;
  bufferManager: { releaseBuffer(buffer: GpuBuffer, reuse?: boolean): void };
}

/** In the order in which they are told: what memory lacks is the cause of what is invalid then. */
const FILTERS = ['out-of-memory', 'validation', 'internal'] as const;

/**
 * Makes errors of the GPU errors of the program. WebGPU itself throws none: what has failed gives zeros,
 * which would be taken for results. They are looked for whenever values are read.
 */
export class Guard {
  readonly #device: Device;
  #lost: InvalidInputError | undefined;
  /** What was found out about all commands so far; it never rejects. */
  #past: Promise<Error | undefined> = Promise.resolve(undefined);
  /** Buffers that have no memory. They must not be used again. */
  readonly #empty = new WeakSet<GpuBuffer>();

  /** Watches everything that the device does from now on. */
  constructor(device: Device, name: string) {
    this.#device = device;
    void device.lost.then(({ reason, message }) => {
      this.#lost = lostError(name, message || reason);
    });
    const create = device.createBuffer.bind(device);
    device.createBuffer = (descriptor) => this.#createBuffer(descriptor, create);
    this.#open();
  }

  /** Watches what reads from the backend, and lets no synchronous reading through. */
  watch(backend: WebgpuBackend): void {
    const read = backend.read.bind(backend);
    backend.read = async (dataId) => {
      if (this.#lost) throw this.#lost;
      // It gives the GPU all its commands before it returns.
      const reading = read(dataId);
      const looking = this.#look();
      const [outcome, error] = await Promise.all([
        reading.then((values) => ({ values })).catch((cause: Error) => ({ cause })),
        looking,
      ]);
      if (this.#lost) throw this.#lost;
      if (error) throw error;
      if ('cause' in outcome) throw await this.#explain(outcome.cause);
      return outcome.values;
    };
    const { readSync } = backend;
    backend.readSync = (dataId) => {
      try {
        return readSync.call(backend, dataId);
      } catch (cause) {
        throw new Error('Values of a GPU can be read asynchronously only', { cause });
      }
    };
    const { bufferManager } = backend;
    const release = bufferManager.releaseBuffer.bind(bufferManager);
    bufferManager.releaseBuffer = (buffer, reuse = true) =>
      release(buffer, reuse && !this.#empty.has(buffer));
  }

  #createBuffer(descriptor: BufferDescriptor, create: Device['createBuffer']): GpuBuffer {
    const { maxBufferSize, maxStorageBufferBindingSize } = this.#device.limits;
    const limit = Math.min(maxBufferSize!, maxStorageBufferBindingSize!);
    if (descriptor.size > limit) {
      throw memoryError(`a tensor of ${descriptor.size} bytes, where ${limit} is the GPU's limit`);
    }
    this.#device.pushErrorScope('out-of-memory');
    let buffer: GpuBuffer;
    try {
      buffer = create(descriptor);
    } catch (cause) {
      void this.#device.popErrorScope();
      throw memoryError(`no room for ${descriptor.size} bytes`, cause);
    }
    this.#note(
      this.#device.popErrorScope().then((error) => {
        if (error === null) return undefined;
        this.#empty.add(buffer);
        return memoryError(`no room for ${descriptor.size} bytes`);
      }),
    );
    return buffer;
  }

  #open() {
    for (const filter of FILTERS) this.#device.pushErrorScope(filter);
  }

  /** The first error of all commands since the last look. */
  async #look(): Promise<Error | undefined> {
    const scopes = FILTERS.map(() => this.#device.popErrorScope()).reverse();
    this.#note(Promise.all(scopes).then(errorOf));
    this.#open();
    const past = this.#past;
    this.#past = past.then(() => undefined);
    return past;
  }

  #note(error: Promise<Error | undefined>) {
    const known = error.catch(() => undefined);
    const past = this.#past;
    this.#past = past.then(async (first) => first ?? (await known));
  }

  /** A mapping fails with a mere `AbortError` where the GPU is lost, which is told a moment later. */
  async #explain(cause: Error): Promise<Error> {
    await new Promise((resolve) => setImmediate(resolve));
    return this.#lost ?? cause;
  }
}

function errorOf(errors: readonly (DeviceError | null)[]): Error | undefined {
  const [memory, ...others] = errors;
  if (memory) return memoryError(memory.message.split('\n', 1)[0]!);
  const other = others.find((error) => error !== null);
  return other && new Error(`The GPU has refused a command: ${other.message}`);
}

const memoryError = (what: string, cause?: unknown) =>
  new InvalidInputError(`The GPU is out of memory: ${what}`, {
    cause,
    hint: 'Use a smaller --batch-size, --size or --width, or end other programs that use the GPU.',
  });

const lostError = (name: string, why: string) =>
  new InvalidInputError(`The GPU was lost (${name}: ${why})`, {
    hint: 'Its driver was reset, or the card has failed: see the log of the system. Run the same command again: a training goes on from its last checkpoint. `--backend wasm` does without the GPU.',
  });
