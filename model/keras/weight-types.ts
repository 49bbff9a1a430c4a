import type { io } from '@tensorflow/tfjs-core';
import { InvalidInputError } from '#core/errors.ts';
import type { Weight } from './network.ts';

/** Bytes of a value of each type that TensorFlow.js writes weights in. */
const BYTES: Readonly<Record<string, number>> = {
  float32: 4,
  int32: 4,
  bool: 1,
  uint8: 1,
  uint16: 2,
  float16: 2,
};

/**
 * One weight of a model of TensorFlow.js, whose bytes lie in a block with the others. Quantised weights
 * become the numbers that they stand for.
 *
 * @throws InvalidInputError when the block ends before, or the type is none of numbers
 */
export function decodeWeight(
  { name, shape, dtype, quantization }: io.WeightsManifestEntry,
  bytes: Uint8Array,
  offset: number,
): { weight: Weight; size: number } {
  const count = shape.reduce((product, dim) => product * dim, 1);
  const type = quantization?.dtype ?? dtype;
  const each = BYTES[type];
  if (each === undefined || (dtype !== 'float32' && quantization)) {
    throw new InvalidInputError(`The weight "${name}" is of the type ${type}, which cannot be converted`);
  }
  const size = count * each;
  if (offset + size > bytes.length) {
    throw new InvalidInputError(`The weights end before "${name}": ${bytes.length} bytes are too few`, {
      hint: 'Copy the files again; a part of the weights is missing.',
    });
  }
  const { scale = 1, min = 0 } = quantization ?? {};
  return {
    size,
    weight: {
      dims: shape,
      read() {
        if (type === 'float32') return copyFloats(bytes.subarray(offset, offset + size));
        const view = new DataView(bytes.buffer, bytes.byteOffset + offset, size);
        const read = READERS[type]!;
        const affine = quantization !== undefined && type !== 'float16';
        return Float32Array.from({ length: count }, (_, index) => {
          const stored = read(view, index * each);
          return affine ? stored * scale + min : stored;
        });
      },
    },
  };
}

/** Files and processors that Graft runs on have the smallest byte first. */
const copyFloats = (bytes: Uint8Array) => new Float32Array(Uint8Array.from(bytes).buffer);

const READERS: Readonly<Record<string, (view: DataView, at: number) => number>> = {
  int32: (view, at) => view.getInt32(at, true),
  bool: (view, at) => view.getUint8(at),
  uint8: (view, at) => view.getUint8(at),
  uint16: (view, at) => view.getUint16(at, true),
  float16: (view, at) => halfToNumber(view.getUint16(at, true)),
};

/** IEEE 754 binary16: 1 bit sign, 5 bits exponent, 10 bits fraction. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
