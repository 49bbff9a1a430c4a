import type * as tf from '@tensorflow/tfjs-core';
import type { FunctionSource } from './assembler.ts';
import { layoutOf, type Shape } from './frame-source.ts';
import { addressOf, kernelFunction, valuesOf, type WasmBackend } from './heap.ts';
import { convolveAndPool } from './pooled-convolution-source.ts';
import {
  finishWindows,
  GROUP,
  multiplyTerms,
  TERMS,
  transformFilters,
  transformPatches,
} from './winograd-source.ts';

/** From so many windows on, transforming the filters pays. */
const LEAST_WINDOWS = 2 * GROUP;

interface Convolution {
  framed: tf.TensorInfo;
  filter: tf.TensorInfo;
  y: tf.TensorInfo;
  winners: tf.TensorInfo;
  images: number;
}

/** Fills `y` and `winners` from framed images. */
export function convolve(backend: WasmBackend, convolution: Convolution, shape: Shape) {
  const { framed, filter, y, winners, images } = convolution;
  const { pooledHeight, pooledWidth } = layoutOf(shape);
  if (shape.inputs % 4 === 0 && images * pooledHeight * pooledWidth >= LEAST_WINDOWS) {
    return convolveByMinimalFiltering(backend, convolution, shape);
  }
  shapeFunction(
    backend,
    convolveAndPool,
    shape,
  )({
    x: addressOf(backend, framed),
    filter: addressOf(backend, filter),
    y: addressOf(backend, y),
    winners: addressOf(backend, winners),
    images,
  });
}

function convolveByMinimalFiltering(
  backend: WasmBackend,
  { framed, filter, y, winners, images }: Convolution,
  shape: Shape,
) {
  const { inputs, outputs } = shape;
  const { pooledHeight, pooledWidth, outputPixel } = layoutOf(shape);
  const windows = images * pooledHeight * pooledWidth;
  const positions = positionsOf(backend, windows, shape);
  const [u, v, m] = [TERMS * inputs * outputs, TERMS * GROUP * inputs, TERMS * GROUP * outputs].map((size) =>
    backend.makeOutput([size], 'float32'),
  ) as [tf.TensorInfo, tf.TensorInfo, tf.TensorInfo];
  const at = (info: tf.TensorInfo) => addressOf(backend, info);
  const patches = shapeFunction(backend, transformPatches, shape);
  const multiply = shapeFunction(backend, multiplyTerms, shape);
  const finishGroup = shapeFunction(backend, finishWindows, shape);
  shapeFunction(backend, transformFilters, shape)({ filter: at(filter), u: at(u) });
  for (let first = 0; first < windows; first += GROUP) {
    const group = at(positions) + 4 * first;
    const outputsAt = first * outputPixel;
    patches({ x: at(framed), positions: group, v: at(v) });
    multiply({ v: at(v), u: at(u), m: at(m) });
    finishGroup({
      m: at(m),
      positions: group,
      y: at(y) + outputsAt,
      winners: at(winners) + outputsAt,
      windows: Math.min(GROUP, windows - first),
    });
  }
  for (const info of [positions, u, v, m]) backend.disposeData(info.dataId);
}

/** Bytes of the windows' patches in the framed input; a group that is not full repeats the last one. */
function positionsOf(backend: WasmBackend, windows: number, shape: Shape): tf.TensorInfo {
  const { image, row, pixel, pooledHeight, pooledWidth } = layoutOf(shape);
  const positions = backend.makeOutput([Math.ceil(windows / GROUP) * GROUP], 'int32');
  const bytes = valuesOf(backend, positions);
  for (let window = 0; window < windows; window++) {
    const column = window % pooledWidth;
    const line = Math.floor(window / pooledWidth);
    const n = Math.floor(line / pooledHeight);
    bytes[window] = n * image + 2 * (line % pooledHeight) * row + 2 * column * pixel;
  }
  bytes.fill(bytes[windows - 1]!, windows);
  return positions;
}

/** A kernel function written for one shape. */
export function shapeFunction<P extends string>(
  backend: WasmBackend,
  source: (shape: Shape) => FunctionSource<P>,
  shape: Shape,
) {
  const { height, width, inputs, outputs } = shape;
  const key = [source.name, height, width, inputs, outputs].join(' ');
  return kernelFunction(backend, key, () => source(shape));
}
