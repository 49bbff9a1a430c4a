import * as tf from '@tensorflow/tfjs-core';
import { convolve, shapeFunction } from './convolve.ts';
import { frame, layoutOf, type Shape, unframe } from './frame-source.ts';
import { addressOf, valuesOf, type WasmBackend } from './heap.ts';
import { filterGradient, inputGradient } from './pooled-convolution-gradients-source.ts';

const FORWARD = 'GraftPooledConvolution';
const FILTER_GRADIENT = 'GraftPooledConvolutionFilterGradient';
const INPUT_GRADIENT = 'GraftPooledConvolutionInputGradient';

/** Whether the current backend has the kernels, and they fit these sizes. */
export const hasPooledConvolution = (filter: tf.Tensor4D) =>
  filter.shape[0] === 3 &&
  filter.shape[1] === 3 &&
  filter.shape[3] % 4 === 0 &&
  tf.getKernel(FORWARD, tf.getBackend()) !== undefined;

export interface PooledConvolution {
  /** Shape [n, ⌊height / 2⌋, ⌊width / 2⌋, outputs]. */
  y: tf.Tensor4D;
  /** What the gradients need; the caller saves or disposes both. */
  framed: tf.Tensor;
  winners: tf.Tensor;
}

/**
 * 2 × 2 max pooling of the 3 × 3 "same" convolution of x, shape [n, height, width, inputs]. No gradient of
 * its own.
 */
export function pooledConvolution(x: tf.Tensor4D, filter: tf.Tensor4D): PooledConvolution {
  const [y, framed, winners] = tf.engine().runKernel(FORWARD, { x, filter }) as unknown as tf.Tensor[];
  return { y: y as tf.Tensor4D, framed: framed!, winners: winners! };
}

export function pooledConvolutionFilterGradient(
  dy: tf.Tensor4D,
  { framed, winners }: Pick<PooledConvolution, 'framed' | 'winners'>,
  shape: Shape,
): tf.Tensor4D {
  return tf.engine().runKernel(FILTER_GRADIENT, { dy, framed, winners }, { ...shape }) as tf.Tensor4D;
}

export function pooledConvolutionInputGradient(
  dy: tf.Tensor4D,
  filter: tf.Tensor4D,
  winners: tf.Tensor,
  shape: Shape,
): tf.Tensor4D {
  return tf.engine().runKernel(INPUT_GRADIENT, { dy, filter, winners }, { ...shape }) as tf.Tensor4D;
}

export const shapeOf = (x: tf.TensorInfo, filter: tf.TensorInfo): Shape => ({
  height: x.shape[1]!,
  width: x.shape[2]!,
  inputs: x.shape[3]!,
  outputs: filter.shape[3]!,
});

export function registerPooledConvolution() {
  tf.registerKernel({
    kernelName: FORWARD,
    backendName: 'wasm',
    kernelFunc: (args) => {
      const backend = args.backend as WasmBackend;
      const { x, filter } = args.inputs as { x: tf.TensorInfo; filter: tf.TensorInfo };
      const shape = shapeOf(x, filter);
      const images = x.shape[0]!;
      const framed = putInFrames(backend, x, shape);
      const outputShape = pooledShape(images, shape);
      const y = backend.makeOutput(outputShape, 'float32');
      const winners = backend.makeOutput(outputShape, 'int32');
      convolve(backend, { framed, filter, y, winners, images }, shape);
      return [y, framed, winners];
    },
  });
  tf.registerKernel({
    kernelName: FILTER_GRADIENT,
    backendName: 'wasm',
    kernelFunc: (args) => {
      const backend = args.backend as WasmBackend;
      const { dy, framed, winners } = args.inputs as Record<'dy' | 'framed' | 'winners', tf.TensorInfo>;
      const shape = args.attrs as unknown as Shape;
      const { filter } = layoutOf(shape);
      const rows = backend.makeOutput([(shape.outputs * filter) / 4], 'float32');
      shapeFunction(
        backend,
        filterGradient,
        shape,
      )({
        x: addressOf(backend, framed),
        dy: addressOf(backend, dy),
        winners: addressOf(backend, winners),
        gradient: addressOf(backend, rows),
        pixels: dy.shape[0]! * dy.shape[1]! * dy.shape[2]!,
      });
      const gradient = backend.makeOutput([3, 3, shape.inputs, shape.outputs], 'float32');
      forEachWeight(shape, valuesOf(backend, rows), valuesOf(backend, gradient), (inRows, usual, r, u) => {
        usual[u] = inRows[r]!;
      });
      backend.disposeData(rows.dataId);
      return gradient;
    },
  });
  tf.registerKernel({
    kernelName: INPUT_GRADIENT,
    backendName: 'wasm',
    kernelFunc: (args) => {
      const backend = args.backend as WasmBackend;
      const { dy, filter, winners } = args.inputs as Record<'dy' | 'filter' | 'winners', tf.TensorInfo>;
      const shape = args.attrs as unknown as Shape;
      const { image, slack, filter: filterBytes } = layoutOf(shape);
      const images = dy.shape[0]!;
      const rows = backend.makeOutput([(shape.outputs * filterBytes) / 4], 'float32');
      const framed = backend.makeOutput([(images * image + slack) / 4], 'float32');
      const dx = backend.makeOutput([images, shape.height, shape.width, shape.inputs], 'float32');
      valuesOf(backend, rows).fill(0);
      forEachWeight(shape, valuesOf(backend, rows), valuesOf(backend, filter), (inRows, usual, r, u) => {
        inRows[r] = usual[u]!;
      });
      shapeFunction(
        backend,
        inputGradient,
        shape,
      )({
        dx: addressOf(backend, framed),
        dy: addressOf(backend, dy),
        winners: addressOf(backend, winners),
        filters: addressOf(backend, rows),
        pixels: images * dy.shape[1]! * dy.shape[2]!,
        images,
      });
      shapeFunction(
        backend,
        unframe,
        shape,
      )({ from: addressOf(backend, framed), to: addressOf(backend, dx), images });
      backend.disposeData(rows.dataId);
      backend.disposeData(framed.dataId);
      return dx;
    },
  });
}

const pooledShape = (images: number, shape: Shape) => {
  const { pooledHeight, pooledWidth } = layoutOf(shape);
  return [images, pooledHeight, pooledWidth, shape.outputs];
};

function putInFrames(backend: WasmBackend, x: tf.TensorInfo, shape: Shape): tf.TensorInfo {
  const { image, slack } = layoutOf(shape);
  const images = x.shape[0]!;
  const framed = backend.makeOutput([(images * image + slack) / 4], 'float32');
  shapeFunction(
    backend,
    frame,
    shape,
  )({ from: addressOf(backend, x), to: addressOf(backend, framed), images });
  return framed;
}

/**
 * Pairs each weight's place in filters laid out in rows of whole vectors with its place in the usual order.
 */
function forEachWeight(
  { inputs, outputs }: Shape,
  inRows: Float32Array,
  usual: Float32Array,
  pair: (inRows: Float32Array, usual: Float32Array, r: number, u: number) => void,
) {
  const rowLength = 4 * Math.ceil((3 * inputs) / 4);
  let u = 0;
  for (let row = 0; row < 3; row++) {
    for (let place = 0; place < 3 * inputs; place++) {
      const r = row * rowLength + place;
      for (let output = 0; output < outputs; output++) pair(inRows, usual, output * 3 * rowLength + r, u++);
    }
  }
}
