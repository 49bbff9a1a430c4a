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
  graph.node = [...graph.node, ...parts.flatMap(({ nodes }) => nodes)];
  graph.initializer = [...graph.initializer, ...parts.flatMap(({ constants }) => constants)];
  graph.output = outputs.map(({ name, width }) => value(name, ['n', width]));
  keepOnly(
    graph,
    outputs.map(({ name }) => name),
  );
  return { ...model, graph };
}
