/**
 * A digest of a set of texts in whatever order they come, without keeping them: a hash of 128 bits for each,
 * added up. It tells accidental changes, not those of an attacker: S3 and the promotion check contents. The
 * hash mixes as Murmur hash 3 does (Austin Appleby, public domain); a cryptographic one of `node:crypto`
 * takes ten times as long for texts as short as these.
 */
export class Fingerprint {
  readonly #sums = new Uint32Array(4);
  #count = 0;

  add(text: string): void {
    let [a, b, c, d] = [0x9e3779b9, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f];
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      a = b ^ Math.imul(a ^ code, 0x2399c7b5);
      b = c ^ Math.imul(b ^ code, 0x38b34ae5);
      c = d ^ Math.imul(c ^ code, 0xa1e38b93 | 0);
      d = a ^ Math.imul(d ^ code, 0x85ebca6b | 0);
    }
    const sums = this.#sums;
    sums[0]! += mixed(a ^ (c >>> 18));
    sums[1]! += mixed(b ^ (d >>> 22));
    sums[2]! += mixed(c ^ (a >>> 17));
    sums[3]! += mixed(d ^ (b >>> 19));
    this.#count++;
  }

  get count(): number {
    return this.#count;
  }

  toString(): string {
    return [this.#count, ...this.#sums].map((value) => value.toString(16)).join('-');
  }
}

function mixed(word: number): number {
  let mix = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  mix = Math.imul(mix ^ (mix >>> 13), 0xc2b2ae35);
  return (mix ^ (mix >>> 16)) >>> 0;
}
