import { createRandom, type Random } from '#core/random.ts';
import { BLOCK_ROWS } from './feature-blocks.ts';

/** For each row another one that it is mixed with: of the same block and held out by the same head. */
export interface MixedRows {
  partner: Int32Array;
  /** Share of the row itself in the mixture, 0.5…1. */
  share: Float32Array;
}

/**
 * Mixes the rows' features and labels (mixup, Zhang et al., 2018, at the head's input, as in Verma et al., "Manifold Mixup", 2019). A head
 * is linear, so its logits are mixed instead of its features, and no further rows are needed.
 *
 * @param alpha of the Beta(alpha, alpha) that shares are drawn from: the higher, the more is mixed
 */
export function mixRows(heldOutBy: Int8Array, alpha: number, seed: number): MixedRows {
  const random = createRandom('mixup', seed);
  const rows = heldOutBy.length;
  const partner = new Int32Array(rows);
  for (let from = 0; from < rows; from += BLOCK_ROWS) {
    const groups = new Map<number, number[]>();
    for (let row = from; row < Math.min(rows, from + BLOCK_ROWS); row++) {
      const group = groups.get(heldOutBy[row]!);
      if (group) group.push(row);
      else groups.set(heldOutBy[row]!, [row]);
    }
    for (const group of groups.values()) {
      const others = random.shuffle([...group]);
      for (const [i, row] of group.entries()) partner[row] = others[i]!;
    }
  }
  const share = Float32Array.from({ length: rows }, () => {
    const drawn = beta(alpha, random);
    return Math.max(drawn, 1 - drawn);
  });
  return { partner, share };
}

/** Beta(alpha, alpha) for alpha up to 1 (Jöhnk, 1964). */
function beta(alpha: number, random: Random): number {
  for (;;) {
    const a = random.next() ** (1 / alpha);
    const b = random.next() ** (1 / alpha);
    if (a + b <= 1 && a + b > 0) return a / (a + b);
  }
}
