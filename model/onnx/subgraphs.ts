import type { AttributeProto, GraphProto, NodeProto, TensorProto } from './proto/onnx_pb.js';

/** A graph and all graphs inside its nodes, as the branches of an `If` are. */
export function* graphsIn(graph: GraphProto): Generator<GraphProto> {
  yield graph;
  for (const node of graph.node) {
    for (const inner of subgraphsOf(node)) yield* graphsIn(inner);
  }
}

export const subgraphsOf = (node: NodeProto): GraphProto[] =>
  node.attribute.flatMap(({ g, graphs }) => [...(g === undefined ? [] : [g]), ...graphs]);

/** All constants: of graphs, and in attributes of nodes. */
export function* tensorsIn(graph: GraphProto): Generator<TensorProto> {
  for (const each of graphsIn(graph)) {
    yield* each.initializer;
    for (const { attribute } of each.node) yield* attribute.flatMap(tensorsOf);
  }
}

const tensorsOf = ({ t, tensors }: AttributeProto): TensorProto[] => [
  ...(t === undefined ? [] : [t]),
  ...tensors,
];
