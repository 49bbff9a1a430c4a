import { SERVED_OUTPUTS } from '#core/contracts/served-model.ts';
import type { ModelProto } from '../onnx/proto/onnx_pb.js';
import { withOutputs } from '../onnx/with-outputs.ts';
import {
  type DomainOptions,
  measureDomain,
  type OutOfDomain,
  type UnsureFeatures,
} from './measure-domain.ts';
import { unsurePart } from './unsure-part.ts';

export interface ServedGraph {
  /** Outputs `probabilities` and `out_of_domain`, in this order. */
  graph: ModelProto;
  /** What the second output computes. */
  measured: OutOfDomain;
}

/**
 * Adds to a trained graph how far an image is from all classes.
 *
 * @param trained outputs `probabilities`, and the features of `features`
 * @throws the signal's reason
 */
export async function servedGraph(
  trained: ModelProto,
  features: UnsureFeatures,
  options: DomainOptions,
  signal?: AbortSignal,
): Promise<ServedGraph> {
  const measured = await measureDomain(features, options, signal);
  const { probabilities, outOfDomain } = SERVED_OUTPUTS;
  const part = unsurePart(features.output, outOfDomain, measured);
  const outputs = [
    { name: probabilities, width: features.images.labels.length },
    { name: outOfDomain, width: 1 },
  ];
  return { graph: withOutputs(trained, [part], outputs), measured };
}
