import * as z from 'zod';
import { permute } from '../graph/permute.ts';
import { type Padding, type Tensor, tensor } from '../graph/tensor.ts';
import { unsupported } from '../unsupported.ts';
import { activate, activationSetting } from './activation.ts';
import {
  type Converter,
  channelsLast,
  configOf,
  count,
  type LayerCall,
  mapInput,
  padding,
  pair,
  type Role,
  weightsOf,
} from './call.ts';
import { windowOutput, windowPadding } from './window.ts';

const common = {
  kernel_size: pair,
  strides: pair.default([1, 1]),
  dilation_rate: pair.default([1, 1]),
  padding,
  data_format: channelsLast,
  use_bias: z.boolean().default(true),
  activation: activationSetting,
};
const filtersSchema = z.object({ ...common, filters: count, groups: count.default(1) });
const depthwiseSchema = z.object({ ...common, depth_multiplier: count.default(1) });
const separableSchema = z.object({ ...common, filters: count, depth_multiplier: count.default(1) });

export const convolution: Converter = (call) => {
  const config = configOf(call, filtersSchema);
  const input = mapInput(call);
  const { kernel_size: size, filters, groups } = config;
  const channels = input.shape[2]! / groups;
  if (!Number.isInteger(channels))
    throw unsupported(call.layer, `${groups} groups for ${input.shape[2]} channels`);
  const dims = [...size, channels, filters];
  const [kernel, bias] = weightsOf(call, [['kernel', dims], ...biasRole(config.use_bias, filters)]);
  const output = convolve(call, input, {
    ...config,
    groups,
    kernel: permute(kernel!.read(), dims, [3, 2, 0, 1]),
    dims: [filters, channels, ...size],
    bias: bias?.read(),
  });
  return activate(call, output, config.activation);
};

export const depthwiseConvolution: Converter = (call) => {
  const config = configOf(call, depthwiseSchema);
  const input = mapInput(call);
  const channels = input.shape[2]!;
  const filters = channels * config.depth_multiplier;
  const dims = [...config.kernel_size, channels, config.depth_multiplier];
  const [kernel, bias] = weightsOf(call, [['depthwise_kernel', dims], ...biasRole(config.use_bias, filters)]);
  const output = convolve(call, input, { ...config, ...depthwise(kernel!.read(), dims), bias: bias?.read() });
  return activate(call, output, config.activation);
};

export const separableConvolution: Converter = (call) => {
  const config = configOf(call, separableSchema);
  const input = mapInput(call);
  const { filters, depth_multiplier: multiplier } = config;
  const dims = [...config.kernel_size, input.shape[2]!, multiplier];
  const between = input.shape[2]! * multiplier;
  const [first, second, bias] = weightsOf(call, [
    ['depthwise_kernel', dims],
    ['pointwise_kernel', [1, 1, between, filters]],
    ...biasRole(config.use_bias, filters),
  ]);
  const inner = { ...call, name: `${call.name}/depthwise` };
  const channels = convolve(inner, input, { ...config, ...depthwise(first!.read(), dims), bias: undefined });
  const output = convolve(call, channels, {
    kernel: permute(second!.read(), [between, filters], [1, 0]),
    dims: [filters, between, 1, 1],
    bias: bias?.read(),
    groups: 1,
    kernel_size: [1, 1],
    strides: [1, 1],
    dilation_rate: [1, 1],
    padding: 'valid',
  });
  return activate(call, output, config.activation);
};

const biasRole = (used: boolean, filters: number): Role[] => (used ? [['bias', [filters]]] : []);

/** One group for each channel; the results of a channel lie together, as in Keras. */
function depthwise(kernel: Float32Array, dims: readonly number[]) {
  const [height, width, channels, multiplier] = dims as [number, number, number, number];
  return {
    kernel: permute(kernel, dims, [2, 3, 0, 1]),
    dims: [channels * multiplier, 1, height, width],
    groups: channels,
  };
}

export interface Convolution {
  /** In ONNX's order: [filters, channels of a group, height, width]. */
  kernel: Float32Array;
  dims: readonly number[];
  bias: Float32Array | undefined;
  groups: number;
  kernel_size: readonly [number, number];
  strides: readonly [number, number];
  dilation_rate: readonly [number, number];
  padding: 'valid' | 'same';
}

/** A convolution; zeros that a layer before puts around the map become part of it. */
export function convolve(call: LayerCall, input: Tensor, settings: Convolution): Tensor {
  const before = settings.padding === 'valid' ? input.made.padded : undefined;
  const map = before?.map ?? input;
  const window = { size: settings.kernel_size, strides: settings.strides, dilation: settings.dilation_rate };
  const padding = before?.padding ?? windowPadding(map.shape, window, settings.padding);
  const shape = [...windowOutput(map.shape, window, padding), settings.dims[0]!];
  return scalable(
    settings,
    ({ kernel, bias }) => {
      const inputs = [map.name, call.graph.floats(`${call.name}/kernel`, settings.dims, kernel)];
      if (bias) inputs.push(call.graph.floats(`${call.name}/bias`, [bias.length], bias));
      return call.graph.add('Conv', inputs, call.name, convolutionAttributes(settings, padding));
    },
    shape,
  );
}

function convolutionAttributes({ dims, strides, dilation_rate, groups }: Convolution, padding: Padding) {
  const { top, left, bottom, right } = padding;
  return {
    kernel_shape: dims.slice(2).map(BigInt),
    strides: strides.map(BigInt),
    dilations: dilation_rate.map(BigInt),
    pads: [top, left, bottom, right].map(BigInt),
    group: BigInt(groups),
  };
}

type Constants = { kernel: Float32Array; bias: Float32Array | undefined };

/** A convolution into whose constants a scaling and shift of its outputs can go. */
function scalable(constants: Constants, add: (constants: Constants) => string, shape: number[]): Tensor {
  return tensor(() => add(constants), {
    shape,
    made: { scaled: (scale, shift) => scalable(scaleOutputs(constants, scale, shift), add, shape) },
  });
}

function scaleOutputs({ kernel, bias }: Constants, scale: Float64Array, shift: Float64Array): Constants {
  const each = kernel.length / scale.length;
  const scaled = new Float32Array(kernel.length);
  for (const [filter, factor] of scale.entries()) {
    for (let at = filter * each; at < (filter + 1) * each; at++) scaled[at] = kernel[at]! * factor;
  }
  return {
    kernel: scaled,
    bias: Float32Array.from(shift, (value, index) => value + (bias?.[index] ?? 0) * scale[index]!),
  };
}
