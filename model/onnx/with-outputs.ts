import { type GraphPart, value } from './build.ts';
import { keepOnly } from './edit.ts';
import type { ModelProto } from './proto/onnx_pb.js';

/** An output of a graph, shape [n, width]. */
export interface GraphOutput {
  name: string;
  width: number;
}

/**
 * A model with other outputs: what they do not need is gone, and `parts` are added. A part may make a tensor
 * that has the name of one that goes, as a new classifier does.
 *
 * @param model is not changed; the result shares its constants
 * @throws RangeError when a part makes a tensor whose name one that stays has
 */
export function withOutputs(
  model: ModelProto,
  parts: readonly GraphPart[],
  outputs: readonly GraphOutput[],
): ModelProto {
  const graph = { ...model.graph! };
  const nodes = parts.flatMap((part) => part.nodes);
  const constants = parts.flatMap((part) => part.constants);
  const made = new Set([...nodes.flatMap(({ output }) => output), ...constants.map(({ name }) => name)]);
  const names = [...nodes.flatMap(({ input }) => input), ...outputs.map(({ name }) => name)];
  keepOnly(
    graph,
    names.filter((name) => !made.has(name)),
  );
  const kept = [...graph.node.flatMap(({ output }) => output), ...graph.initializer.map(({ name }) => name)];
  const twice = kept.find((name) => made.has(name));
  if (twice !== undefined) throw new RangeError(`the graph has a tensor "${twice}" already`);
  graph.node = [...graph.node, ...nodes];
  graph.initializer = [...graph.initializer, ...constants];
  graph.output = outputs.map(({ name, width }) => value(name, ['n', width]));
  return { ...model, graph };
}
