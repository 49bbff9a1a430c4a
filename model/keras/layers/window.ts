import type { Padding } from '../graph/tensor.ts';

/** What moves over a map in a convolution or a pooling: height before width. */
export interface Window {
  size: readonly [number, number];
  strides: readonly [number, number];
  dilation: readonly [number, number];
}

const NO_PADDING: Padding = { top: 0, bottom: 0, left: 0, right: 0 };

/**
 * TensorFlow's padding. `same` gives ⌈size / stride⌉ outputs; where the zeros do not divide into two equal
 * parts, the one more is below and on the right.
 * https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2
 */
export function windowPadding(shape: readonly number[], window: Window, kind: 'valid' | 'same'): Padding {
  if (kind === 'valid') return NO_PADDING;
  const [above, beside] = [0, 1].map((axis) => {
    const size = shape[axis]!;
    const outputs = Math.ceil(size / window.strides[axis]!);
    return Math.max(0, (outputs - 1) * window.strides[axis]! + extent(window, axis) - size);
  }) as [number, number];
  const [top, left] = [Math.floor(above / 2), Math.floor(beside / 2)];
  return { top, bottom: above - top, left, right: beside - left };
}

/** Height and width of what comes out. */
export function windowOutput(shape: readonly number[], window: Window, padding: Padding): [number, number] {
  const padded = [shape[0]! + padding.top + padding.bottom, shape[1]! + padding.left + padding.right];
  return padded.map(
    (size, axis) => Math.floor((size - extent(window, axis)) / window.strides[axis]!) + 1,
  ) as [number, number];
}

const extent = ({ size, dilation }: Window, axis: number) => (size[axis]! - 1) * dilation[axis]! + 1;
