import type { Random } from '#core/random.ts';

/** Draws from lists; the same for the same stream of numbers. */
export interface Picks {
  /** A whole number from 0, less than `limit`. */
  below(limit: number): number;
  pick<Item>(items: readonly Item[]): Item;
  /** So many printable ASCII characters without spaces. */
  text(length: number): string;
}

export function createPicks(random: Random): Picks {
  const below = (limit: number) => random.below(limit);
  return {
    below,
    pick: (items) => items[below(items.length)]!,
    text: (length) => Array.from({ length }, () => String.fromCharCode(33 + below(94))).join(''),
  };
}
