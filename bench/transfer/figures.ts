import { type Summary, summary } from '../shared/summary.ts';
import type { Measurement } from './measurement.ts';

/** Both trainings of one domain with as many images, over the seeds that both were measured on. */
export interface Figures {
  seeds: number;
  baseline: Summary;
  transfer: Summary;
  /** Of the differences, seed by seed. */
  uplift: Summary;
  /** Expected calibration error. */
  calibrationError: { baseline: Summary; transfer: Summary };
  /** Of training, on this machine. */
  seconds: { baseline: Summary; transfer: Summary };
}

/** @returns undefined when no seed has both */
export function figuresOf(
  measurements: readonly Measurement[],
  domain: string,
  images: number | null,
): Figures | undefined {
  const chosen = measurements.filter((one) => one.domain === domain && one.images === images);
  const bySeed = (mode: Measurement['mode']) =>
    new Map(chosen.filter((one) => one.mode === mode).map((one) => [one.seed, one]));
  const baselines = bySeed('baseline');
  const pairs = [...bySeed('transfer')].flatMap(([seed, transfer]) => {
    const baseline = baselines.get(seed);
    return baseline === undefined ? [] : [{ baseline, transfer }];
  });
  if (pairs.length === 0) return undefined;
  const both = (value: (one: Measurement) => number) => ({
    baseline: summary(pairs.map(({ baseline }) => value(baseline))),
    transfer: summary(pairs.map(({ transfer }) => value(transfer))),
  });
  return {
    seeds: pairs.length,
    ...both(({ accuracy }) => accuracy),
    uplift: summary(pairs.map(({ baseline, transfer }) => transfer.accuracy - baseline.accuracy)),
    calibrationError: both(({ calibrationError }) => calibrationError),
    seconds: both(({ seconds }) => seconds),
  };
}

/** A domain's accuracy over the images of each class. */
export interface CurveRow extends Figures {
  images: number;
}

export const curveOf = (
  measurements: readonly Measurement[],
  domain: string,
  images: readonly number[],
): CurveRow[] =>
  images.flatMap((count) => {
    const figures = figuresOf(measurements, domain, count);
    return figures === undefined ? [] : [{ images: count, ...figures }];
  });
