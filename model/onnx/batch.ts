import { integers, node } from './build.ts';
import { wholeNumbers } from './constants.ts';
import { unusedName } from './edit.ts';
import type { Shapes } from './find-pooling.ts';
import { type GraphIndex, wholeAttribute } from './graph-index.ts';
import type { GraphProto, NodeProto } from './proto/onnx_pb.js';

/** Nodes with a constant shape, into which an exporter may have written the number of images. */
const reshapesOf = (graph: GraphProto, index: GraphIndex): NodeProto[] =>
  graph.node.filter(
    (node) =>
      node.opType === 'Reshape' &&
      !index.isConstant(node.input[0]!) &&
      (wholeNumbers(index.constantOf(node.input[1]!))?.[0] ?? 0) > 0,
  );

/** Nodes that put a constant beside an image's values, as a vision transformer does with its class token. */
const joinsOf = (graph: GraphProto, index: GraphIndex): NodeProto[] =>
  graph.node.filter(
    (node) =>
      node.opType === 'Concat' &&
      wholeAttribute(node, 'axis') !== 0 &&
      node.input.some((input) => index.isConstant(input)) &&
      node.input.some((input) => !index.isConstant(input)),
  );

/** Tensors whose shapes `freeBatch` needs. */
export const shapesForBatch = (graph: GraphProto, index: GraphIndex): string[] => [
  ...reshapesOf(graph, index).map(({ output }) => output[0]!),
  ...joinsOf(graph, index).flatMap(({ input }) => input),
];

/**
 * Lets a graph that was exported for one image take any number: a constant shape whose first size is a number
 * gets an unknown first size, and its other sizes those of a run with one image; a constant beside an image's
 * values is repeated. Whether that is right is seen by running two images. Changes the graph.
 *
 * @param shapes of the tensors of `shapesForBatch`
 */
export function freeBatch(graph: GraphProto, index: GraphIndex, shapes: Shapes): void {
  for (const node of reshapesOf(graph, index)) {
    const dims = shapes.get(node.output[0]!);
    if (dims === undefined) continue;
    const name = unusedName(graph, node.input[1]!);
    graph.initializer.push(integers(name, [-1, ...dims.slice(1)]));
    node.input[1] = name;
  }
  for (const node of joinsOf(graph, index)) repeatConstants(node, { graph, index, shapes });
}

interface Context {
  graph: GraphProto;
  index: GraphIndex;
  shapes: Shapes;
}

function repeatConstants(join: NodeProto, { graph, index, shapes }: Context): void {
  const data = join.input.find((input) => !index.isConstant(input))!;
  for (const [at, input] of join.input.entries()) {
    const dims = shapes.get(input);
    if (!index.isConstant(input) || dims?.[0] !== 1) continue;
    const name = unusedName(graph, `${input}_repeated`);
    const [shape, first, count, rest, target] = ['shape', 'first', 'count', 'rest', 'target'].map(
      (part) => `${name}_${part}`,
    ) as [string, string, string, string, string];
    graph.initializer.push(integers(first, [0]), integers(rest, dims.slice(1)));
    graph.node.splice(
      graph.node.indexOf(join),
      0,
      node('Shape', [data], [shape]),
      node('Gather', [shape, first], [count], { axis: 0n }),
      node('Concat', [count, rest], [target], { axis: 0n }),
      node('Expand', [input, target], [name]),
    );
    join.input[at] = name;
  }
}
