import type { Input } from '#core/contracts/common.ts';
import type { Manifest } from '#core/contracts/manifest.ts';
import { toBytes } from './build.ts';
import type { ImportedGraph } from './import-graph.ts';
import type { Preparation } from './import-source.ts';
import { measureReference, onSession } from './reference.ts';
import { openSession } from './session.ts';

/** Runs that are timed; the middle one counts. */
const TIMED_RUNS = 5;

/** A general model that only needs to be written. */
export interface GeneralModel extends Pick<Manifest, 'input' | 'features' | 'parameters'> {
  classifier?: NonNullable<Manifest['classifier']>;
  /** Content of `model.onnx`. */
  bytes: Uint8Array;
  /** Of one run with one image on one thread. */
  millisecondsPerImage: number;
}

/**
 * Makes the bytes of a general model, loads them as every machine will, and measures the reference features.
 *
 * @throws InvalidInputError when the features are no numbers, or are the same for every image
 */
export async function finishModel(
  { model, input: shape, features: outputs, classifier, parameters }: ImportedGraph,
  preparation: Preparation,
  signal?: AbortSignal,
): Promise<GeneralModel> {
  const input: Input = { ...shape, ...preparation };
  const bytes = toBytes(model);
  const session = await openSession(bytes);
  try {
    const infer = onSession(session, input);
    const features = await measureReference(infer, input, outputs);
    const pixels = new Uint8Array(input.height * input.width * 3).fill(128);
    const times: number[] = [];
    for (let run = 0; run < TIMED_RUNS; run++) {
      signal?.throwIfAborted();
      const started = performance.now();
      await infer(pixels);
      times.push(performance.now() - started);
    }
    const millisecondsPerImage = times.sort((a, b) => a - b)[Math.floor(TIMED_RUNS / 2)]!;
    return {
      bytes,
      input,
      features,
      parameters,
      millisecondsPerImage,
      ...(classifier === undefined
        ? {}
        : { classifier: { name: classifier.name, labels: [...classifier.labels] } }),
    };
  } finally {
    await session.close();
  }
}
