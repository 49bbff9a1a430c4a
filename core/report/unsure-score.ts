import type { Evaluation } from '../contracts/evaluation.ts';
import type { UnsureScore } from '../contracts/report.ts';

const BINS = 20;

/**
 * What an evaluation says about "unsure", with histograms in place of single images. Undefined for models
 * from before this existed.
 */
export function unsureScoreOf({
  unsure,
  rows,
}: Pick<Evaluation, 'unsure' | 'rows'>): UnsureScore | undefined {
  if (unsure === undefined) return undefined;
  const { keep, threshold, heldOut, falseAlarms, other } = unsure;
  return {
    ...{ keep, threshold, heldOut, falseAlarms },
    test: histogramOf(rows.flatMap(({ outOfDomain }) => outOfDomain ?? [])),
    ...(other && {
      other: {
        images: other.images,
        auroc: other.auroc,
        caught: other.caught,
        histogram: histogramOf(other.rows.map(({ outOfDomain }) => outOfDomain)),
      },
    }),
  };
}

/** The upper end of each bin belongs to it, since an image at the threshold is not unsure. */
function histogramOf(scores: readonly number[]): number[] {
  const counts = new Array<number>(BINS).fill(0);
  for (const score of scores) counts[Math.max(0, Math.ceil(score * BINS) - 1)]!++;
  return counts;
}
