import { createAdam } from './adam.ts';
import { withAverage } from './average.ts';
import type { Optimiser, OptimiserSettings, ParameterLayout } from './optimiser.ts';
import { createSgd } from './sgd.ts';
import { decayRanges } from './weight-decay.ts';

/** @param initial the parameters before the first step */
export function createOptimiser(
  settings: OptimiserSettings,
  layout: readonly ParameterLayout[],
  initial: Float32Array,
): Optimiser {
  const ranges = decayRanges(layout, settings.weightDecay ?? 0);
  const optimiser =
    settings.name === 'sgd'
      ? createSgd(initial.length, ranges, settings.momentum)
      : createAdam(initial.length, ranges, settings.name === 'adamw');
  return settings.averaging === undefined ? optimiser : withAverage(optimiser, initial, settings.averaging);
}
