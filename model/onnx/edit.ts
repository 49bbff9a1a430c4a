import { inputsOf } from './graph-index.ts';
import type { GraphProto } from './proto/onnx_pb.js';
import { subgraphsOf } from './subgraphs.ts';

/**
 * Leaves only what these tensors are computed from. Shapes of inner tensors are dropped too: ONNX Runtime
 * finds them by itself, and they would be wrong once another number of images runs. Changes the graph.
 */
export function keepOnly(graph: GraphProto, tensors: readonly string[]): void {
  const needed = new Set(tensors);
  const nodes = [...graph.node].reverse().filter((node) => {
    if (!node.output.some((output) => needed.has(output))) return false;
    for (const input of inputsOf(node)) needed.add(input);
    return true;
  });
  graph.node = nodes.reverse();
  graph.initializer = graph.initializer.filter(({ name }) => needed.has(name));
  graph.input = graph.input.filter(({ name }) => needed.has(name));
  graph.valueInfo = [];
  graph.quantizationAnnotation = [];
}

/** Gives a tensor another name, which no other one may have, wherever it stands. Changes the graph. */
export function renameTensor(graph: GraphProto, from: string, to: string): void {
  const renamed = (name: string) => (name === from ? to : name);
  for (const each of [...graph.input, ...graph.output, ...graph.initializer, ...graph.valueInfo]) {
    each.name = renamed(each.name);
  }
  for (const node of graph.node) {
    node.input = node.input.map(renamed);
    node.output = node.output.map(renamed);
    for (const inner of subgraphsOf(node)) renameTensor(inner, from, to);
  }
}

/** A name that no tensor has yet, as near to this one as possible. */
export function unusedName(graph: GraphProto, near: string): string {
  const used = new Set<string>();
  const collect = ({ input, initializer, node }: GraphProto) => {
    for (const { name } of [...input, ...initializer]) used.add(name);
    for (const each of node) {
      for (const name of [...each.input, ...each.output]) used.add(name);
      subgraphsOf(each).forEach(collect);
    }
  };
  collect(graph);
  for (let n = 1; ; n++) if (!used.has(`${near}_${n}`)) return `${near}_${n}`;
}
