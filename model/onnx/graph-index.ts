import type { GraphProto, NodeProto, TensorProto } from './proto/onnx_pb.js';
import { subgraphsOf } from './subgraphs.ts';

/** Who makes and who uses each tensor of a graph. */
export interface GraphIndex {
  /** undefined for constants and for the graph's inputs. */
  producerOf(tensor: string): NodeProto | undefined;
  consumersOf(tensor: string): readonly NodeProto[];
  /** The constant of this name. */
  constantOf(tensor: string): TensorProto | undefined;
  /** Whether it is a constant, or is computed from nothing but constants. */
  isConstant(tensor: string): boolean;
  /** The node's inputs that are no constants, those that only its subgraphs use among them. */
  dataInputsOf(node: NodeProto): string[];
  /** Everything that the tensors are computed from, the tensors among it. `through` is not looked behind. */
  ancestorsOf(tensors: readonly string[], through?: string): Set<string>;
}

/** Operators whose results differ from run to run, or come from nowhere. */
const isRandom = ({ opType }: NodeProto) => opType.startsWith('Random') || opType === 'Bernoulli';

export function indexGraph(graph: GraphProto): GraphIndex {
  const constants = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  const producers = new Map<string, NodeProto>();
  const consumers = new Map<string, NodeProto[]>();
  const computed = new Set<string>();
  const isConstant = (tensor: string) => constants.has(tensor) || computed.has(tensor);
  // Nodes stand in an order in which they can run, so one pass is enough.
  for (const node of graph.node) {
    const inputs = inputsOf(node);
    for (const output of node.output) if (output !== '') producers.set(output, node);
    for (const input of inputs) {
      const found = consumers.get(input);
      if (found === undefined) consumers.set(input, [node]);
      else found.push(node);
    }
    if (inputs.length > 0 && inputs.every(isConstant) && !isRandom(node)) {
      for (const output of node.output) computed.add(output);
    }
  }
  return {
    producerOf: (tensor) => producers.get(tensor),
    consumersOf: (tensor) => consumers.get(tensor) ?? [],
    constantOf: (tensor) => constants.get(tensor),
    isConstant,
    dataInputsOf: (node) => inputsOf(node).filter((input) => !isConstant(input)),
    ancestorsOf(tensors, through) {
      const found = new Set<string>(tensors);
      // A set is walked in the order of insertion, what is added meanwhile included.
      for (const tensor of found) {
        const producer = tensor === through ? undefined : producers.get(tensor);
        if (producer !== undefined) for (const input of inputsOf(producer)) found.add(input);
      }
      return found;
    },
  };
}

/** Names that a node reads; those that its subgraphs read from outside among them. */
export function inputsOf(node: NodeProto): string[] {
  const inner = subgraphsOf(node).flatMap((graph) => {
    const own = new Set([
      ...graph.input.map(({ name }) => name),
      ...graph.initializer.map(({ name }) => name),
      ...graph.node.flatMap(({ output }) => output),
    ]);
    const read = [...graph.node.flatMap(inputsOf), ...graph.output.map(({ name }) => name)];
    return read.filter((name) => !own.has(name));
  });
  return [...new Set([...node.input, ...inner])].filter((name) => name !== '');
}

/** Value of an attribute of whole numbers. */
export function wholeAttributes(node: NodeProto, name: string): number[] | undefined {
  const found = node.attribute.find((attribute) => attribute.name === name);
  return found === undefined ? undefined : found.ints.map(Number);
}

/** Value of an attribute of one whole number. */
export function wholeAttribute(node: NodeProto, name: string): number | undefined {
  const found = node.attribute.find((attribute) => attribute.name === name);
  return found === undefined ? undefined : Number(found.i);
}
