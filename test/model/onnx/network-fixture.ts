import { createRandom } from '../../../core/random.ts';
import {
  type Attribute,
  floats,
  integers,
  modelOf,
  node,
  toBytes,
  value,
} from '../../../model/onnx/build.ts';
import type { ImportSource } from '../../../model/onnx/import-source.ts';
import type { ModelProto, NodeProto, TensorProto } from '../../../model/onnx/proto/onnx_pb.js';
import { openSession, type Values } from '../../../model/onnx/session.ts';

/** Collects the nodes and constants of a small network with random weights. */
export class Network {
  readonly nodes: NodeProto[] = [];
  readonly constants: TensorProto[] = [];
  readonly #random = createRandom('network');

  /** @returns name of its output, `<type>_<number>` when it is not given */
  op(type: string, inputs: string[], attributes: Record<string, Attribute> = {}, name?: string): string {
    const output = name ?? `${type}_${this.nodes.length}`;
    this.nodes.push(node(type, inputs, [output], attributes));
    return output;
  }

  weights(...dims: number[]): string {
    const name = `weights_${this.constants.length}`;
    const count = dims.reduce((product, side) => product * side, 1);
    const values = Float32Array.from({ length: count }, () => this.#random.normal() * 0.3);
    this.constants.push(floats(name, dims, values));
    return name;
  }

  integers(...values: number[]): string {
    const name = `integers_${this.constants.length}`;
    this.constants.push(integers(name, values));
    return name;
  }

  conv(input: string, from: number, to: number, kernel = 1, stride = 1, name?: string): string {
    const pads = Array.from({ length: 4 }, () => BigInt(Math.floor(kernel / 2)));
    const attributes = {
      kernel_shape: [BigInt(kernel), BigInt(kernel)],
      strides: [BigInt(stride), BigInt(stride)],
      pads,
    };
    return this.op(
      'Conv',
      [input, this.weights(to, from, kernel, kernel), this.weights(to)],
      attributes,
      name,
    );
  }

  /** A map [n, 8, 4, 4] of images of 16 × 16. */
  stem(input = 'pixels'): string {
    const first = this.op('Relu', [this.conv(input, 3, 6, 3, 2)]);
    return this.op('Relu', [this.conv(first, 6, 8, 3, 2)], {}, 'last_map');
  }

  model(output: string | string[], input: (number | string)[] = ['batch', 3, 16, 16]): ModelProto {
    const outputs = [output].flat();
    return modelOf({
      name: 'small',
      inputs: [value('pixels', input)],
      // Their shapes are of no importance.
      outputs: outputs.map((name) => value(name, [])),
      nodes: this.nodes,
      constants: this.constants,
    });
  }
}

export const sourceOf = (model: ModelProto, labels?: string[]): ImportSource => ({
  origin: {
    kind: 'imported',
    format: 'onnx',
    source: { name: 'small.onnx', size: 1, sha256: 'a'.repeat(64) },
  },
  model,
  preparation: {},
  ...(labels === undefined ? {} : { labels }),
});

/** Values between -1 and 1 for n images. */
export function images(dims: readonly number[], seed = 1): Values {
  const random = createRandom(seed);
  const length = dims.reduce((product, side) => product * side, 1);
  return { dims, data: Float32Array.from({ length }, () => random.between(-1, 1)) };
}

/** Runs a model once; `tensors` are asked for as well as its outputs. */
export async function runModel(model: ModelProto, input: Values, tensors: string[] = []) {
  const graph = model.graph!;
  const outputs = graph.output;
  graph.output = [...outputs, ...tensors.map((name) => value(name, []))];
  // Without a shape ONNX Runtime finds it by itself.
  for (const { type } of graph.output) if (type?.value.case === 'tensorType') delete type.value.value.shape;
  const session = await openSession(toBytes(model));
  graph.output = outputs;
  try {
    return await session.run({ [graph.input[0]!.name]: input });
  } finally {
    await session.close();
  }
}

/** Mean over the places of a map [n, width, rows, columns]. */
export function placeMeans({ dims, data }: Values): number[] {
  const places = dims[2]! * dims[3]!;
  return Array.from({ length: dims[0]! * dims[1]! }, (_, at) => {
    const values = data.subarray(at * places, (at + 1) * places);
    return values.reduce((sum, each) => sum + each, 0) / places;
  });
}
