import { floats, node } from './build.ts';
import { unusedName } from './edit.ts';
import type { GraphProto, NodeProto } from './proto/onnx_pb.js';

/** The lowest 32-bit float. */
const LOWEST = -(2 - 2 ** -23) * 2 ** 127;

/**
 * Keeps the zeros that a `Pad` before a `MaxPool` writes.
 *
 * ONNX Runtime's optimiser (1.30) makes one `MaxPool` with padding of the two, and such padding counts as −∞,
 * not as 0: where all values are below zero the results differ, with no error. A `Max` with the lowest
 * float changes no value, and the optimiser looks for the pair without anything between. Changes the graph.
 */
export function keepPaddingBeforeMaxPool(graph: GraphProto): void {
  // Quantised maps are whole numbers, which `Max` could not compare with a float.
  const quantised = outputsOf(graph, ({ opType }) => opType === 'QuantizeLinear');
  const padded = outputsOf(graph, ({ opType, input }) => opType === 'Pad' && !quantised.has(input[0]!));
  const isPair = ({ opType, input }: NodeProto) => opType === 'MaxPool' && padded.has(input[0]!);
  if (!graph.node.some(isPair)) return;
  const lowest = unusedName(graph, 'lowest');
  graph.initializer.push(floats(lowest, [], Float32Array.of(LOWEST)));
  graph.node = graph.node.flatMap((each) => {
    if (!isPair(each)) return [each];
    const tensor = each.input[0]!;
    const name = unusedName(graph, `${tensor}_kept`);
    each.input[0] = name;
    return [node('Max', [tensor, lowest], [name]), each];
  });
}

const outputsOf = (graph: GraphProto, isMeant: (node: NodeProto) => boolean): Set<string> =>
  new Set(graph.node.filter(isMeant).map(({ output }) => output[0]!));
