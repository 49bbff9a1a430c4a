import * as tf from '@tensorflow/tfjs-core';
import { attributes, type Handle, type TensorFlowBackend } from './operations.ts';

interface Pooling {
  filterSize: [number, number] | number;
  strides: [number, number] | number;
  pad: 'valid' | 'same' | number;
}

/**
 * Replaces the gradient of 'valid' max pooling on the CPU. TensorFlow's `MaxPoolGrad` searches the largest
 * values again, with 64-bit indices, and takes longer than a convolution's two gradients. A search with
 * 32-bit indices takes a third of that. On a GPU, and where the installed TensorFlow has no such indices,
 * TensorFlow's own gradient is used.
 */
export function registerMaxPoolGradient() {
  const backend = tf.backend() as unknown as TensorFlowBackend;
  if (backend.isUsingGpuDevice || !hasSmallIndices(backend)) return;
  const original = tf.getKernel('MaxPoolGrad', 'tensorflow');
  tf.unregisterKernel('MaxPoolGrad', 'tensorflow');
  tf.registerKernel({
    ...original,
    kernelFunc: (args) => {
      const pooling = args.attrs as unknown as Pooling;
      if (pooling.pad !== 'valid') return original.kernelFunc(args);
      const { dy, input } = args.inputs as { dy: tf.TensorInfo; input: tf.TensorInfo };
      return passGradientToWinners(backend, dy, input, pooling);
    },
  });
}

function hasSmallIndices(backend: TensorFlowBackend): boolean {
  const image = tf.zeros([1, 2, 2, 1]);
  try {
    const [id] = backend.getInputTensorIds([image]) as [number];
    const pooling = poolingAttributes(backend, { filterSize: 2, strides: 2, pad: 'valid' });
    for (const made of findWinners(backend, id, pooling)) backend.binding.deleteTensor(made.id);
    return true;
  } catch {
    return false;
  } finally {
    image.dispose();
  }
}

/** Every output passes its gradient to the largest value of its window. */
function passGradientToWinners(
  backend: TensorFlowBackend,
  dy: tf.TensorInfo,
  x: tf.TensorInfo,
  pooling: Pooling,
) {
  const { binding } = backend;
  const { type, bool } = attributes(backend);
  const common = poolingAttributes(backend, pooling);
  const [xId, dyId] = backend.getInputTensorIds([x, dy]) as [number, number];
  const [pooled, winners] = findWinners(backend, xId, common);
  // The gradient exists with 64-bit indices only, and TensorFlow.js knows no such tensors.
  const [wide] = binding.executeOp(
    'Cast',
    [type('SrcT', 'TF_INT32'), type('DstT', 'TF_INT64'), bool('Truncate', false)],
    [winners.id],
    1,
  );
  const [dx] = binding.executeOp(
    'MaxPoolGradWithArgmax',
    [...common, type('Targmax', 'TF_INT64')],
    [xId, dyId, wide!.id],
    1,
  );
  for (const { id } of [pooled, winners, wide!]) binding.deleteTensor(id);
  return backend.createOutputTensor(dx!);
}

function findWinners(backend: TensorFlowBackend, x: number, pooling: ReturnType<typeof poolingAttributes>) {
  const targets = attributes(backend).type('Targmax', 'TF_INT32');
  const made = backend.binding.executeOp('MaxPoolWithArgmax', [...pooling, targets], [x], 2);
  return made as [pooled: Handle, winners: Handle];
}

function poolingAttributes(backend: TensorFlowBackend, { filterSize, strides }: Pooling) {
  const { type, integers, text, bool } = attributes(backend);
  return [
    type('T', 'TF_FLOAT'),
    integers('ksize', window(filterSize)),
    integers('strides', window(strides)),
    text('padding', 'VALID'),
    bool('include_batch_in_index', false),
  ];
}

const window = (sides: [number, number] | number) => {
  const [height, width] = typeof sides === 'number' ? [sides, sides] : sides;
  return [1, height, width, 1];
};
