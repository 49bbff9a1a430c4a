import { type GraphPart, value } from './build.ts';
import { keepOnly } from './edit.ts';
import type { ModelProto } from './proto/onnx_pb.js';

/** An output of a graph, shape [n, width]. */
export interface GraphOutput {
  name: string;
  width: number;
}

/**
 * A model with other outputs: what they do not need is gone, and `parts` are added.
 *
 * @param model is not changed; the result shares its constants
 */
export function withOutputs(
  model: ModelProto,
  parts: readonly GraphPart[],
  outputs: readonly GraphOutput[],
): ModelProto {
  const graph = { ...model.graph! };
  const added = parts.flatMap(({ nodes }) => nodes);
  const made = new Set(added.flatMap(({ output }) => output));
  // A tensor has one name: what the parts make takes the place of an output that is called the same.
  graph.node = [...graph.node.filter(({ output }) => !output.some((name) => made.has(name))), ...added];
  graph.initializer = [...graph.initializer, ...parts.flatMap(({ constants }) => constants)];
  graph.output = outputs.map(({ name, width }) => value(name, ['n', width]));
  keepOnly(
    graph,
    outputs.map(({ name }) => name),
  );
  return { ...model, graph };
}
