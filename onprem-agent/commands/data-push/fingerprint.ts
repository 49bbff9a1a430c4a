import { createHash } from 'node:crypto';

const MASK = (1n << 64n) - 1n;

/**
 * A digest of a set of texts in whatever order they come, without keeping them: the sum of their SHA-1 digests'
 * first eight bytes, twice. It tells accidental changes, not those of an attacker: S3 and the promotion check
 * contents.
 */
export class Fingerprint {
  #first = 0n;
  #second = 0n;
  #count = 0;

  add(text: string): void {
    const digest = createHash('sha1').update(text).digest();
    this.#first = (this.#first + digest.readBigUInt64LE(0)) & MASK;
    this.#second = (this.#second + digest.readBigUInt64LE(8)) & MASK;
    this.#count++;
  }

  get count(): number {
    return this.#count;
  }

  toString(): string {
    return `${this.#count}-${this.#first.toString(16)}-${this.#second.toString(16)}`;
  }
}
