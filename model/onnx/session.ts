import * as ort from 'onnxruntime-node';

/** What computes, with its version. */
export const RUNTIME = `onnxruntime ${ort.env.versions.node}`;

/** Values of one input or output, row by row. */
export interface Values {
  dims: readonly number[];
  data: Float32Array;
}

/** A model that is loaded into ONNX Runtime. */
export interface Session {
  inputNames: readonly string[];
  outputNames: readonly string[];
  /**
   * Runs the graph once. The thread computes until the graph has run: several at once need several threads.
   *
   * @returns one entry for each output, or for each of those that are asked for
   */
  run(inputs: Record<string, Values>, outputs?: readonly string[]): Promise<Record<string, Values>>;
  /** Frees its memory. */
  close(): Promise<void>;
}

export interface SessionOptions {
  /** Threads that share the work of one run; 1 when left out. */
  threads?: number;
}

/**
 * Loads a model into ONNX Runtime, on the CPU.
 *
 * @param model the file's path or bytes
 * @throws Error with ONNX Runtime's own message when it cannot load the model
 */
export async function openSession(
  model: string | Uint8Array,
  { threads = 1 }: SessionOptions = {},
): Promise<Session> {
  const options: ort.InferenceSession.SessionOptions = {
    executionProviders: ['cpu'],
    executionMode: 'sequential',
    interOpNumThreads: 1,
    intraOpNumThreads: threads,
    // Threads that wait in a loop take the processor from the others, which share the cores here.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
    logSeverityLevel: 3,
  };
  const session =
    typeof model === 'string'
      ? await ort.InferenceSession.create(model, options)
      : await ort.InferenceSession.create(model, options);
  return {
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    async run(inputs, outputs = session.outputNames) {
      const feeds = Object.fromEntries(
        Object.entries(inputs).map(([name, { data, dims }]) => [name, new ort.Tensor('float32', data, dims)]),
      );
      const results = await session.run(feeds, [...outputs]);
      return Object.fromEntries(
        Object.entries(results).map(([name, { dims, data }]) => [name, { dims, data: data as Float32Array }]),
      );
    },
    close: () => session.release(),
  };
}
