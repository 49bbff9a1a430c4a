/** A seeded stream of numbers: the same seed gives the same stream on every machine. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform in [low, high). */
  between(low: number, high: number): number;
  /** Uniform integer in [0, count). */
  below(count: number): number;
  /** Standard normal (Box–Muller). */
  normal(): number;
  /** The values in random order, in place (Fisher–Yates). */
  shuffle<List extends { length: number; [index: number]: unknown }>(values: List): List;
}

/**
 * sfc32 (Chris Doty-Humphrey, PractRand), seeded by any mix of numbers and texts, so that every image or
 * class can have its own independent stream.
 */
export function createRandom(...seed: (number | string)[]): Random {
  let [a, b, c] = digest(seed.join('\0'));
  let counter = 1;
  const next = () => {
    const sum = (a + b + counter++) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 15; i++) next();
  const below = (count: number) => Math.floor(next() * count);
  return {
    next,
    between: (low, high) => low + (high - low) * next(),
    below,
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    shuffle: (values) => {
      for (let i = values.length - 1; i > 0; i--) {
        const j = below(i + 1);
        [values[i], values[j]] = [values[j], values[i]];
      }
      return values;
    },
  };
}

/** FNV-1a with three different offsets: three 32-bit words of state from a text. */
function digest(text: string): [number, number, number] {
  const words: [number, number, number] = [0x811c9dc5, 0x050c5d1f, 0x2d2816fe];
  for (let i = 0; i < text.length; i++) {
    for (let word = 0; word < 3; word++)
      words[word] = Math.imul(words[word]! ^ text.charCodeAt(i), 0x01000193);
  }
  return words;
}
