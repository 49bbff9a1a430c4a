import * as z from 'zod';
import { type Padding, type Tensor, tensor } from '../graph/tensor.ts';
import { unsupported } from '../unsupported.ts';
import { type Converter, channelsLast, configOf, mapInput, padding, pair } from './call.ts';
import { type Window, windowOutput, windowPadding } from './window.ts';

const poolingSchema = z.object({
  pool_size: pair.default([2, 2]),
  strides: pair.nullish(),
  padding: padding.default('valid'),
  data_format: channelsLast,
});

const globalSchema = z.object({ keepdims: z.boolean().default(false), data_format: channelsLast });

/**
 * Means and maxima over windows; what lies outside of the map does not count. Zeros that a layer before puts
 * around the map do: ONNX Runtime 1.30 would take a `Pad` before a `MaxPool` for padding that does not count.
 */
const pooling =
  (opType: 'MaxPool' | 'AveragePool'): Converter =>
  (call) => {
    const { graph, name, layer } = call;
    const config = configOf(call, poolingSchema);
    const input = mapInput(call);
    const strides = config.strides ?? config.pool_size;
    const window = { size: config.pool_size, strides, dilation: [1, 1] as const };
    const zeros = config.padding === 'valid' ? input.made.padded : undefined;
    const map = zeros?.map ?? input;
    const around = zeros?.padding ?? windowPadding(map.shape, window, config.padding);
    const [height, width] = windowOutput(map.shape, window, around);
    const { top, left, bottom, right } = around;
    if (Math.max(top, bottom) >= window.size[0] || Math.max(left, right) >= window.size[1]) {
      throw unsupported(layer, 'more zeros around its map than its windows are wide');
    }
    const attributes = {
      kernel_shape: config.pool_size.map(BigInt),
      strides: strides.map(BigInt),
      pads: [top, left, bottom, right].map(BigInt),
      ...(zeros && opType === 'AveragePool' ? { count_include_pad: 1n } : {}),
    };
    return tensor(
      () => {
        const pooled = graph.add(opType, [map.name], name, attributes);
        if (!zeros || opType === 'AveragePool') return pooled;
        const least = leastMaxima(map.shape, window, around, [height, width]);
        return graph.add('Max', [pooled, graph.floats(`${name}/zeros`, [1, 1, height, width], least)], name);
      },
      { shape: [height, width, map.shape[2]!] },
    );
  };

/** Of each window: 0 where it reaches over the map's border, the smallest number where it does not. */
function leastMaxima(
  shape: readonly number[],
  { size, strides }: Window,
  { top, left }: Padding,
  [height, width]: readonly [number, number],
): Float32Array {
  const reachesOver = (index: number, before: number, axis: 0 | 1) => {
    const start = index * strides[axis] - before;
    return start < 0 || start + size[axis] > shape[axis]!;
  };
  return Float32Array.from({ length: height * width }, (_, at) => {
    const over = reachesOver(Math.floor(at / width), top, 0) || reachesOver(at % width, left, 1);
    return over ? 0 : -MAX_FLOAT;
  });
}

/** The largest number of 32 bits. */
const MAX_FLOAT = (2 - 2 ** -23) * 2 ** 127;

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
