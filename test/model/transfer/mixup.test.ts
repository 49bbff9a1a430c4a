import { describe, expect, it } from 'vitest';
import { mixRows } from '#model/transfer/mixup.ts';

const heldOutBy = Int8Array.from({ length: 600 }, (_, row) => (row % 3) - 1);

describe('mixRows', () => {
  it('never mixes what a head learns from with what it is validated on', () => {
    const { partner } = mixRows(heldOutBy, 0.2, 1);

    for (const [row, other] of partner.entries()) expect(heldOutBy[other]).toBe(heldOutBy[row]);
    expect(partner.filter((other, row) => other !== row).length).toBeGreaterThan(500);
  });

  it('mixes more the higher alpha is, and the row itself always counts for more', () => {
    const meanShare = (alpha: number) => {
      const { share } = mixRows(heldOutBy, alpha, 1);
      expect(Math.min(...share)).toBeGreaterThanOrEqual(0.5);
      expect(Math.max(...share)).toBeLessThanOrEqual(1);
      return share.reduce((sum, value) => sum + value, 0) / share.length;
    };

    // Means of max(b, 1 − b) with b from Beta(alpha, alpha): 0.75 for the uniform distribution.
    expect(meanShare(1)).toBeCloseTo(0.75, 1);
    expect(meanShare(0.1)).toBeGreaterThan(0.9);
  });

  it('follows the seed', () => {
    expect(mixRows(heldOutBy, 0.2, 1)).toEqual(mixRows(heldOutBy, 0.2, 1));
    expect(mixRows(heldOutBy, 0.2, 2)).not.toEqual(mixRows(heldOutBy, 0.2, 1));
  });
});
