import type { Input } from '#core/contracts/common.ts';

/**
 * What our own networks take as ONNX graphs: pixels 0…255 become −1…1.
 *
 * @param size height and width
 */
export function networkInput(size: number): Input {
  return {
    name: 'image',
    layout: 'NCHW',
    height: size,
    width: size,
    colours: 'RGB',
    resize: { fit: 'stretch' },
    interpolation: 'lanczos3',
    mean: [127.5, 127.5, 127.5],
    deviation: [127.5, 127.5, 127.5],
  };
}

/** The same images as TensorFlow.js takes them while it trains. */
export const trainingInput = (input: Input): Input => ({ ...input, layout: 'NHWC' });
