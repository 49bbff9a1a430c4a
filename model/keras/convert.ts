import { InvalidInputError } from '#core/errors.ts';
import { modelOf, node, value } from '../onnx/build.ts';
import type { ModelProto } from '../onnx/proto/onnx_pb.js';
import { evaluator } from './evaluate.ts';
import { isMap, type Tensor, tensor, withChannels } from './graph/tensor.ts';
import { GraphWriter } from './graph/writer.ts';
import { type KerasModel, type Network, Reference } from './network.ts';
import { inputShape } from './parse-network.ts';

/** Name of the input of every graph that is converted. */
export const INPUT_NAME = 'image';

export interface ConvertOptions {
  /**
   * Of the graph's input: [n, channels, height, width], the default, or [n, height, width, channels]. Inside,
   * and in outputs that are maps, channels always come before height and width.
   */
  layout?: 'NCHW' | 'NHWC';
  /** The input's height and width, for a network that leaves them open. */
  size?: { height: number; width: number };
  /** Layers by the names of the graph's outputs, which give theirs; the model's own when left out. */
  outputs?: Readonly<Record<string, string>>;
}

export interface Converted {
  model: ModelProto;
  /** [height, width, channels] of the input. */
  input: readonly number[];
  /** The network rescales pixels 0…255 itself. */
  takesPixels: boolean;
}

/**
 * Turns a Keras network of images into an ONNX graph with standard operators. Its input is `image`, its first
 * dimension `n` may have any size. Layers that do something in training only are left out, as are layers that
 * no output needs; batch normalisation becomes part of the convolution before it.
 *
 * @throws InvalidInputError naming the layer, where one is not known or its weights do not fit
 */
export function convertKeras(model: KerasModel, options: ConvertOptions = {}): Converted {
  const { network } = model;
  const shape = shapeOf(network, options.size);
  const wanted = wantedOutputs(network, options.outputs);
  const graph = new GraphWriter([INPUT_NAME, ...wanted.keys()]);
  const channels = options.layout === 'NHWC' ? 'last' : 'first';
  const image = tensor(INPUT_NAME, { shape, channels, made: { pixels: { scale: [1] } } });
  const evaluate = evaluator(model, graph, [image], [...wanted.values()]);
  const outputs = [...wanted].map(([name, reference]) => {
    const output = withChannels(graph, evaluate(reference), 'first');
    return { name, from: output.name, dims: ['n', ...graphShape(output)] };
  });
  // Values that are outputs get the outputs' names at once, so that no operation only copies them.
  const renamed = new Map<string, string>();
  for (const { name, from } of outputs) {
    if (from === INPUT_NAME || renamed.has(from)) graph.nodes.push(node('Identity', [from], [name]));
    else renamed.set(from, name);
  }
  const current = (name: string) => renamed.get(name) ?? name;
  for (const each of graph.nodes) {
    each.input = each.input.map(current);
    each.output = each.output.map(current);
  }
  return {
    model: modelOf({
      name: network.name,
      inputs: [value(INPUT_NAME, ['n', ...graphShape(image)])],
      outputs: outputs.map(({ name, dims }) => value(name, dims)),
      nodes: graph.nodes,
      constants: graph.constants,
    }),
    input: shape,
    takesPixels: takesPixels(graph.pixelScale),
  };
}

const graphShape = (of: Tensor): readonly number[] =>
  isMap(of) && of.channels === 'first' ? [of.shape[2]!, of.shape[0]!, of.shape[1]!] : of.shape;

/** Where pixels 0…255 become values of a usual range; a network that takes 0…1 may rescale these again. */
const takesPixels = (scale: readonly number[] | undefined): boolean =>
  scale?.every((each) => 255 * each >= 0.5 && 255 * each <= 50) ?? false;

function shapeOf(network: Network, size: ConvertOptions['size']): number[] {
  if (network.inputs.length !== 1) {
    throw new InvalidInputError(`The model "${network.name}" has ${network.inputs.length} inputs`, {
      hint: 'A general model has one input, which is an image.',
    });
  }
  const shape = inputShape(network);
  if (!Array.isArray(shape) || shape.length !== 4) {
    const found = Array.isArray(shape)
      ? `the shape [${shape.map((dim) => dim ?? 'n').join(', ')}]`
      : 'no shape';
    throw new InvalidInputError(`The input of the model "${network.name}" has ${found}`, {
      hint: 'A general model takes images: [n, height, width, channels].',
    });
  }
  const [, height, width, channels] = shape.map((dim) => (typeof dim === 'number' ? dim : undefined));
  if (channels === undefined) {
    throw new InvalidInputError(
      `The input of the model "${network.name}" does not say how many channels it has`,
    );
  }
  if (size && ((height ?? size.height) !== size.height || (width ?? size.width) !== size.width)) {
    throw new InvalidInputError(
      `The model "${network.name}" takes ${width} × ${height} pixels, not ${size.width} × ${size.height}`,
      { hint: 'Leave `--size` out.' },
    );
  }
  if ((height === undefined || width === undefined) && !size) {
    throw new InvalidInputError(`The model "${network.name}" takes images of any size`, {
      hint: 'Say with `--size` which one it was trained with.',
    });
  }
  return [height ?? size!.height, width ?? size!.width, channels];
}

function wantedOutputs(network: Network, asked: ConvertOptions['outputs']): Map<string, Reference> {
  if (asked) {
    return new Map(Object.entries(asked).map(([name, layer]) => [name, new Reference(layer, 0, 0)]));
  }
  const several = network.outputs.length > 1;
  return new Map(
    network.outputs.map((reference) => [several ? `output/${reference.layer}` : 'output', reference]),
  );
}
