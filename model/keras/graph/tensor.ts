import type { GraphWriter } from './writer.ts';

/** A value that the graph computes. */
export interface Tensor {
  /** As Keras has it, without the first dimension: a map is [height, width, channels]. */
  readonly shape: readonly number[];
  /**
   * Where the graph has the channels of a map: [n, channels, height, width] or [n, height, width, channels].
   * Everything else is as in Keras.
   */
  readonly channels: 'first' | 'last';
  /** Name in the graph. Its node is added when something asks for the name first. */
  readonly name: string;
  /** What the operation before was, for those that can be put together with the next one. */
  readonly made: Made;
}

export interface Made {
  /** A convolution without an activation: the same with the outputs scaled and shifted. */
  scaled?: (scale: Float64Array, shift: Float64Array) => Tensor;
  /** A map with zeros around it. */
  padded?: { map: Tensor; padding: Padding };
  /** A map as a vector, in the order height, width, channels. */
  flattened?: Tensor;
  /** Pixels, or what a rescaling made of them: the factor of each channel, or one for all. */
  pixels?: { scale: readonly number[] };
}

/** Rows above and below, columns left and right. */
export interface Padding {
  top: number;
  bottom: number;
  left: number;
  right: number;
}

export interface TensorForm {
  shape: readonly number[];
  channels?: 'first' | 'last';
  made?: Made;
}

/**
 * @param name the name, or what adds the nodes and returns it; that is called at most once
 */
export function tensor(name: string | (() => string), { shape, channels, made = {} }: TensorForm): Tensor {
  let known = typeof name === 'string' ? name : undefined;
  return {
    shape,
    channels: shape.length === 3 ? (channels ?? 'first') : 'last',
    made,
    get name() {
      known ??= (name as () => string)();
      return known;
    },
  };
}

export const isMap = (value: Tensor): boolean => value.shape.length === 3;

const converted = new WeakMap<Tensor, Tensor>();

/** The tensor with its channels where they are asked for. Only maps change, and each at most once. */
export function withChannels(graph: GraphWriter, value: Tensor, channels: 'first' | 'last'): Tensor {
  if (!isMap(value) || value.channels === channels) return value;
  const known = converted.get(value);
  if (known) return known;
  const result = tensor(
    () =>
      graph.add('Transpose', [value.name], `${value.name}/channels_${channels}`, {
        perm: channels === 'first' ? [0n, 3n, 1n, 2n] : [0n, 2n, 3n, 1n],
      }),
    { shape: value.shape, channels, made: value.made.pixels ? { pixels: value.made.pixels } : {} },
  );
  converted.set(value, result);
  converted.set(result, value);
  return result;
}

/** The dimension of the graph's tensor that one of Keras's dimensions is. Both count the first one. */
export function graphAxis(value: Tensor, axis: number): number {
  return isMap(value) && value.channels === 'first' ? [0, 2, 3, 1][axis]! : axis;
}

/** The shape of a constant with one value a channel, so that it fits to the tensor. */
export const channelDims = (value: Tensor, count: number): number[] =>
  isMap(value) && value.channels === 'first' ? [count, 1, 1] : [count];
