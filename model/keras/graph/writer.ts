import { type Attribute, floats, integers, node } from '../../onnx/build.ts';
import type { NodeProto, TensorProto } from '../../onnx/proto/onnx_pb.js';

/** Collects the nodes and constants of a graph, and gives every value a name of its own. */
export class GraphWriter {
  readonly nodes: NodeProto[] = [];
  readonly constants: TensorProto[] = [];
  /** What rescaling layers multiply pixels with, of each channel, where they are the first layers. */
  pixelScale: readonly number[] | undefined;
  readonly #names: Set<string>;

  /** @param reserved names that the graph's inputs and outputs will have */
  constructor(reserved: readonly string[]) {
    this.#names = new Set(reserved);
  }

  /** Adds an operation with one output. Returns the output's name, which is `name` where that is free. */
  add(
    opType: string,
    inputs: readonly string[],
    name: string,
    attributes?: Record<string, Attribute>,
  ): string {
    const output = this.#unique(name);
    this.nodes.push(node(opType, inputs, [output], attributes));
    return output;
  }

  floats(name: string, dims: readonly number[], values: Float32Array): string {
    const unique = this.#unique(name);
    this.constants.push(floats(unique, dims, values));
    return unique;
  }

  /** A constant that is one number. */
  scalar(name: string, value: number): string {
    return this.floats(name, [], Float32Array.of(value));
  }

  integers(name: string, values: readonly number[]): string {
    const unique = this.#unique(name);
    this.constants.push(integers(unique, values));
    return unique;
  }

  #unique(name: string): string {
    let unique = name;
    for (let count = 2; this.#names.has(unique); count++) unique = `${name}_${count}`;
    this.#names.add(unique);
    return unique;
  }
}
