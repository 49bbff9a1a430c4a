import { z } from 'zod';
import { type Tensor, tensor } from '../graph/tensor.ts';
import { type Converter, channelsLast, configOf, mapInput, padding, pair } from './call.ts';
import { windowOutput, windowPadding } from './window.ts';

const poolingSchema = z.object({
  pool_size: pair.default([2, 2]),
  strides: pair.nullish(),
  padding: padding.default('valid'),
  data_format: channelsLast,
});

const globalSchema = z.object({ keepdims: z.boolean().default(false), data_format: channelsLast });

/** Means and maxima over windows; what lies outside of the map does not count. */
const pooling =
  (opType: 'MaxPool' | 'AveragePool'): Converter =>
  (call) => {
    const config = configOf(call, poolingSchema);
    const input = mapInput(call);
    const strides = config.strides ?? config.pool_size;
    const window = { size: config.pool_size, strides, dilation: [1, 1] as const };
    const around = windowPadding(input.shape, window, config.padding);
    const attributes = {
      kernel_shape: config.pool_size.map(BigInt),
      strides: strides.map(BigInt),
      pads: [around.top, around.left, around.bottom, around.right].map(BigInt),
    };
    return tensor(() => call.graph.add(opType, [input.name], call.name, attributes), {
      shape: [...windowOutput(input.shape, window, around), input.shape[2]!],
    });
  };

export const maxPooling = pooling('MaxPool');
export const averagePooling = pooling('AveragePool');

const globalPooling =
  (opType: 'GlobalMaxPool' | 'GlobalAveragePool'): Converter =>
  (call) => {
    const { keepdims } = configOf(call, globalSchema);
    const input = mapInput(call);
    const channels = input.shape[2]!;
    const map: Tensor = tensor(() => call.graph.add(opType, [input.name], call.name), {
      shape: [1, 1, channels],
    });
    if (keepdims) return map;
    return tensor(() => call.graph.add('Flatten', [map.name], `${call.name}/vector`), { shape: [channels] });
  };

export const globalMaxPooling = globalPooling('GlobalMaxPool');
export const globalAveragePooling = globalPooling('GlobalAveragePool');
