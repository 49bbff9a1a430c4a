import { clearBytes, copyBytes, defineFunction, i32, loop, sequence, set } from './assembler.ts';

/**
 * A 3 × 3 convolution at stride 1 that keeps height and width ("same"), followed by 2 × 2 max pooling, in one
 * pass. Each function is written for one shape.
 *
 * The input lies in a frame of zeros (one pixel on each side), so no border needs a case of its own. With
 * every pooled value the forward pass stores where the winning patch begins in the framed input. Only that
 * patch gets a gradient, which saves three quarters of the work of the usual two gradients.
 */
export interface Shape {
  height: number;
  width: number;
  inputs: number;
  /** A multiple of 4. */
  outputs: number;
}

/** Sizes in bytes that all functions share. */
export function layoutOf({ height, width, inputs, outputs }: Shape) {
  const pixel = 4 * inputs;
  const row = (width + 2) * pixel;
  /** Vectors that cover one row of a patch, three pixels wide; the last one may reach beyond. */
  const vectorsPerRow = Math.ceil((3 * inputs) / 4);
  return {
    pixel,
    row,
    image: (height + 2) * row,
    /** Bytes that must be readable behind the last image. */
    slack: 16 * vectorsPerRow - 3 * pixel,
    vectorsPerRow,
    /** Of one filter laid out as three rows of whole vectors. */
    filter: 3 * 16 * vectorsPerRow,
    pooledHeight: height >> 1,
    pooledWidth: width >> 1,
    outputPixel: 4 * outputs,
  };
}

/** Puts images into their frames of zeros. */
export function frame(shape: Shape) {
  const { pixel, row, image, slack } = layoutOf(shape);
  const inner = shape.width * pixel;
  return defineFunction({
    parameters: ['from', 'to', 'images'],
    variables: ['n', 'y'],
    body({ from, to, images, n, y }) {
      return sequence(
        clearBytes(to, i32.add(i32.multiply(images, image), slack)),
        set(to, i32.add(to, row + pixel)),
        loop(
          n,
          { from: 0, to: images, step: 1 },
          sequence(
            loop(
              y,
              { from: 0, to: shape.height, step: 1 },
              sequence(
                copyBytes(to, from, inner),
                set(from, i32.add(from, inner)),
                set(to, i32.add(to, row)),
              ),
            ),
            set(to, i32.add(to, 2 * row)),
          ),
        ),
      );
    },
  });
}

/** Takes images out of their frames. */
export function unframe(shape: Shape) {
  const { pixel, row } = layoutOf(shape);
  const inner = shape.width * pixel;
  return defineFunction({
    parameters: ['from', 'to', 'images'],
    variables: ['n', 'y'],
    body({ from, to, images, n, y }) {
      return sequence(
        set(from, i32.add(from, row + pixel)),
        loop(
          n,
          { from: 0, to: images, step: 1 },
          sequence(
            loop(
              y,
              { from: 0, to: shape.height, step: 1 },
              sequence(
                copyBytes(to, from, inner),
                set(to, i32.add(to, inner)),
                set(from, i32.add(from, row)),
              ),
            ),
            set(from, i32.add(from, 2 * row)),
          ),
        ),
      );
    },
  });
}
