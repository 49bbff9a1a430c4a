import { expect } from 'vitest';

/** Bytes of a typed array or a buffer, without a copy. */
const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) =>
  Buffer.from(buffer, byteOffset, byteLength);

/**
 * Arrays of the same type with the same bytes are equal. Vitest would look at one element after the other,
 * which takes it seconds for a megabyte. Where the bytes differ it still does, and shows the difference.
 */
function haveEqualBytes(a: unknown, b: unknown): true | undefined {
  if (!ArrayBuffer.isView(a) || !ArrayBuffer.isView(b) || a.constructor !== b.constructor) return undefined;
  return bytesOf(a).equals(bytesOf(b)) ? true : undefined;
}

expect.addEqualityTesters([haveEqualBytes]);
