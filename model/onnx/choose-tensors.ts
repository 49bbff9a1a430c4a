import { InvalidInputError } from '#core/errors.ts';
import type { GraphProto } from './proto/onnx_pb.js';

/** What a person says about where the features are. */
export interface TensorChoice {
  /** The output with the classifier or the features, where the graph has several. */
  output?: string | undefined;
  /** The tensor that is the features, instead of the one that is found. */
  features?: string | undefined;
}

/**
 * The output to start from and the tensor that was asked for.
 *
 * @returns no output where the tensor is named and there are several outputs
 * @throws InvalidInputError naming the outputs
 */
export function chooseTensors(graph: GraphProto, { output, features }: TensorChoice): TensorChoice {
  const names = graph.output.map(({ name }) => name);
  if (features !== undefined && !graph.node.some((node) => node.output.includes(features))) {
    throw new InvalidInputError(`The graph has no tensor "${features}"`, {
      hint: 'Netron (netron.app) shows the names of all tensors; --features takes what a node gives.',
    });
  }
  if (output !== undefined) {
    if (names.includes(output)) return { output, features };
    throw new InvalidInputError(`The graph has no output "${output}", but ${names.join(', ')}`, {
      hint: 'Choose one of them with --output.',
    });
  }
  if (names.length === 1) return { output: names[0], features };
  if (features !== undefined) return { features };
  throw new InvalidInputError(`The graph has ${names.length} outputs: ${names.join(', ')}`, {
    hint: 'Choose with --output the one of the classifier that should be removed, or the one with the features.',
  });
}
