import type * as tf from '@tensorflow/tfjs-core';
import type { FunctionSource } from './assembler.ts';
import { layoutOf, type Shape } from './frame-source.ts';
import { addressOf, kernelFunction, valuesOf, type WasmBackend } from './heap.ts';
import { convolveAndPool, type FinishName } from './pooled-convolution-source.ts';
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
  /** Winners or scaling. */
  extra: tf.TensorInfo;
  images: number;
}

/** Fills `y` and what the finish needs beside it from framed images. */
export function convolve(backend: WasmBackend, convolution: Convolution, shape: Shape, finish: FinishName) {
  const { framed, filter, y, extra, images } = convolution;
  const { pooledHeight, pooledWidth } = layoutOf(shape);
  if (shape.inputs % 4 === 0 && images * pooledHeight * pooledWidth >= LEAST_WINDOWS) {
    return convolveByMinimalFiltering(backend, convolution, shape, finish);
  }
  shapeFunction(
    backend,
    convolveAndPool,
    shape,
    finish,
  )({
    x: addressOf(backend, framed),
    filter: addressOf(backend, filter),
    y: addressOf(backend, y),
    extra: addressOf(backend, extra),
    images,
  });
}

function convolveByMinimalFiltering(
  backend: WasmBackend,
  { framed, filter, y, extra, images }: Convolution,
  shape: Shape,
  finish: FinishName,
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
  const finishGroup = shapeFunction(backend, finishWindows, shape, finish);
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
      extra: at(extra) + (finish === 'keepWinners' ? outputsAt : 0),
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
  source: (shape: Shape, finish: FinishName) => FunctionSource<P>,
  shape: Shape,
  finish: FinishName = 'keepWinners',
) {
  const { height, width, inputs, outputs } = shape;
  const key = [source.name, height, width, inputs, outputs, finish].join(' ');
  return kernelFunction(backend, key, () => source(shape, finish));
}
