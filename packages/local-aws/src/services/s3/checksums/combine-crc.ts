import { POLYNOMIALS } from './crc.ts';

/** A polynomial modulo the CRC's, reflected: the highest bit is x⁰. */
interface Field {
  bits: number;
  reflected: bigint;
}

function multiply(a: bigint, b: bigint, { bits, reflected }: Field): bigint {
  let product = 0n;
  let shifted = b;
  for (let mask = 1n << BigInt(bits - 1); mask > 0n; mask >>= 1n) {
    if (a & mask) product ^= shifted;
    shifted = shifted & 1n ? (shifted >> 1n) ^ reflected : shifted >> 1n;
  }
  return product;
}

/** x to the power of 8 × `length`: what `length` zero bytes do to a CRC. */
function powerOfX(length: number, field: Field): bigint {
  let square = 1n << BigInt(field.bits - 1 - 8);
  let result = 1n << BigInt(field.bits - 1);
  for (let n = BigInt(length); n > 0n; n >>= 1n) {
    if (n & 1n) result = multiply(square, result, field);
    square = multiply(square, square, field);
  }
  return result;
}

const toNumber = (bytes: Buffer) => BigInt(`0x${bytes.toString('hex')}`);

/**
 * CRC of a concatenation from the CRCs of its pieces, like zlib's `crc32_combine`. No bytes are read again: a
 * multipart upload of gigabytes gets its full-object checksum at once.
 *
 * @param pieces big-endian CRC and length in bytes of each piece, in order
 */
export function combineCrc(
  algorithm: keyof typeof POLYNOMIALS,
  pieces: readonly { crc: Buffer; length: number }[],
): Buffer {
  const field = POLYNOMIALS[algorithm];
  let crc = 0n;
  for (const piece of pieces) crc = multiply(powerOfX(piece.length, field), crc, field) ^ toNumber(piece.crc);
  return Buffer.from(crc.toString(16).padStart(field.bits / 4, '0'), 'hex');
}
