/**
 * Many short texts in two shared buffers. As strings of JavaScript, a million names need several times the
 * memory, and every thread would need them again.
 */
export interface Texts {
  /** UTF-8 of all, one after the other. */
  bytes: Uint8Array;
  /** Where each of them ends. */
  ends: Uint32Array;
}

/** Bytes that all texts together may have: `ends` has 32 bits. */
const MOST_BYTES = 2 ** 32 - 1;
const decoder = new TextDecoder();
const encoder = new TextEncoder();

export interface TextsBuilder {
  add(text: string): void;
  /** @param keep indices of the texts that stay, in their new order; all when left out */
  build(keep?: ArrayLike<number>): Texts;
}

export function createTexts(): TextsBuilder {
  let bytes = new Uint8Array(1 << 16);
  const ends: number[] = [];
  let length = 0;
  return {
    add(text) {
      const needed = length + 3 * text.length;
      if (needed > bytes.length) {
        const grown = new Uint8Array(Math.max(needed, 2 * bytes.length));
        grown.set(bytes.subarray(0, length));
        bytes = grown;
      }
      length += encoder.encodeInto(text, bytes.subarray(length)).written;
      if (length > MOST_BYTES) throw new RangeError('the names of all images together have more than 4 GB');
      ends.push(length);
    },
    build: (keep) => pickTexts({ bytes: bytes.subarray(0, length), ends: Uint32Array.from(ends) }, keep),
  };
}

export function textAt({ bytes, ends }: Texts, index: number): string {
  const from = index === 0 ? 0 : ends[index - 1]!;
  // A copy: the decoder refuses shared memory.
  return decoder.decode(bytes.slice(from, ends[index]!));
}

/** Some of the texts, in shared buffers of their own. */
export function pickTexts(texts: Texts, keep: ArrayLike<number> = texts.ends.map((_, i) => i)): Texts {
  const { bytes, ends } = texts;
  const startOf = (i: number) => (i === 0 ? 0 : ends[i - 1]!);
  let length = 0;
  for (let i = 0; i < keep.length; i++) length += ends[keep[i]!]! - startOf(keep[i]!);
  const picked: Texts = {
    bytes: new Uint8Array(new SharedArrayBuffer(length)),
    ends: new Uint32Array(new SharedArrayBuffer(4 * keep.length)),
  };
  let at = 0;
  for (let i = 0; i < keep.length; i++) {
    const text = bytes.subarray(startOf(keep[i]!), ends[keep[i]!]!);
    picked.bytes.set(text, at);
    at += text.length;
    picked.ends[i] = at;
  }
  return picked;
}
