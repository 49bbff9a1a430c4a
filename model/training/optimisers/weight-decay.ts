import type { ParameterLayout } from './optimiser.ts';

/** Parameters of the same weight decay: from `from`, before `end`. */
export interface DecayRange {
  from: number;
  end: number;
  decay: number;
}

/**
 * Kernels decay. Biases and the parameters of norms do not: shrinking them takes away what the kernels cannot
 * give back (He et al., 2019, section 3.1).
 */
export function decayRanges(layout: readonly ParameterLayout[], weightDecay: number): DecayRange[] {
  const ranges: DecayRange[] = [];
  let from = 0;
  for (const { name, size } of layout) {
    const decay = /kernel$/.test(name) ? weightDecay : 0;
    const last = ranges.at(-1);
    if (last?.decay === decay) last.end += size;
    else ranges.push({ from, end: from + size, decay });
    from += size;
  }
  return ranges;
}
