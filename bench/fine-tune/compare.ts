import { pair } from '#core/gate/pairing.ts';
import { costOf, type PriceList } from '#core/prices.ts';
import { mcnemarExact } from '#core/statistics.ts';
import { median, summary } from '../shared/summary.ts';
import type { Seed, Turn } from './turns.ts';

const INSTANCE = 'ml.c5.xlarge';
const SIGNIFICANCE = 0.05;
/** Of Keras's time to equal accuracy over ours. */
const TARGET = 5;

/** Compares one of our backends with Keras. Without Keras it gives only our own seconds. */
export interface Comparison {
  figures: {
    backend: string;
    /**
     * Keras's seconds divided by ours, until the accuracy that Keras ends with: median of the seeds. A seed
     * on which we do not reach that accuracy counts as 0.
     */
    speedup: number | null;
    /** Ours minus Keras's, mean of the seeds. */
    accuracyDifference: number | null;
    /** Medians. */
    kerasSeconds: number | null;
    ourSeconds: number;
  };
  lines: string[];
}

export function compareSeeds(seeds: readonly Seed[], prices: PriceList): Comparison[] {
  const backends = [...new Set(seeds.flatMap(({ ours }) => [...ours.keys()]))];
  return backends.map((backend) => {
    const pairs = seeds.flatMap(({ keras, ours }) => {
      const turn = ours.get(backend);
      return turn ? [{ keras, own: turn }] : [];
    });
    const both = pairs.filter((one): one is Pair => one.keras !== undefined);
    return both.length > 0
      ? compareBackend(backend, both, prices)
      : withoutPeer(
          backend,
          pairs.map(({ own }) => own),
        );
  });
}

interface Pair {
  keras: Turn;
  own: Turn;
}

function withoutPeer(backend: string, turns: readonly Turn[]): Comparison {
  const ourSeconds = median(turns.map(({ seconds }) => seconds));
  const { mean, sd } = summary(turns.map(({ accuracy }) => accuracy));
  return {
    figures: { backend, speedup: null, accuracyDifference: null, kerasSeconds: null, ourSeconds },
    lines: [
      `${backend} (${turns[0]!.version}): accuracy ${mean.toFixed(3)} ± ${sd.toFixed(3)} in ${ourSeconds.toFixed(2)} s (median of ${turns.length} seeds); nothing to compare with`,
    ],
  };
}

/**
 * When Keras's curve first reaches the accuracy that it ends with. That favours Keras, because its weights
 * are not the final ones then; ours is timed to the end.
 */
function secondsToOwnAccuracy({ curve = [], accuracy, seconds }: Turn): number {
  return curve.find((point) => point.accuracy >= accuracy)?.seconds ?? seconds;
}

/** Keras's accuracy once so many seconds are over; undefined before its first epoch is. */
const accuracyAt = ({ curve = [] }: Turn, seconds: number) =>
  curve.findLast((point) => point.seconds <= seconds)?.accuracy;

function compareBackend(backend: string, pairs: readonly Pair[], prices: PriceList): Comparison {
  const ratios = pairs.map(({ keras, own }) =>
    own.accuracy >= keras.accuracy ? secondsToOwnAccuracy(keras) / own.seconds : 0,
  );
  const speedup = median(ratios);
  const accuracyDifference = summary(pairs.map(({ keras, own }) => own.accuracy - keras.accuracy)).mean;
  const kerasSeconds = median(pairs.map(({ keras }) => secondsToOwnAccuracy(keras)));
  const ourSeconds = median(pairs.map(({ own }) => own.seconds));
  const each = ratios.map((ratio) => (ratio > 0 ? ratio.toFixed(1) : '– (not reached)'));
  const reached = ratios.filter((ratio) => ratio > 0).length;
  return {
    figures: { backend, speedup, accuracyDifference, kerasSeconds, ourSeconds },
    lines: [
      `${backend} (${pairs[0]!.own.version}) against ${pairs[0]!.keras.version}, ${pairs.length} seeds`,
      `  to Keras's accuracy    ${ourSeconds.toFixed(2)} s against ${kerasSeconds.toFixed(2)} s (medians); × ${speedup.toFixed(1)} faster (median; target ≥ ${TARGET}: ${speedup >= TARGET ? 'met' : 'NOT met'})`,
      `                         seed by seed × ${each.join(', × ')}; reached on ${reached} of ${pairs.length}`,
      ...accuracyLines(pairs, accuracyDifference),
      `  cost of this much      ${cost(prices, ourSeconds)} against ${cost(prices, median(pairs.map(({ keras }) => keras.seconds)))} for its whole run, of an ${INSTANCE} in ${prices.region} on demand`,
      `                         (list of ${prices.recordedAt}), if it were as fast as this machine; SageMaker bills the job's download and start as well`,
    ],
  };
}

/** Paired, over the test images of all seeds together. */
function accuracyLines(pairs: readonly Pair[], difference: number): string[] {
  const counts = pairs.map(({ keras, own }) => pair(own.rows, keras.rows));
  const onlyOurs = counts.reduce((sum, { onlyFirst }) => sum + onlyFirst, 0);
  const onlyTheirs = counts.reduce((sum, { onlySecond }) => sum + onlySecond, 0);
  const [better, worse] = [mcnemarExact(onlyOurs, onlyTheirs), mcnemarExact(onlyTheirs, onlyOurs)];
  const show = (turns: readonly Turn[]) => {
    const { mean, sd } = summary(turns.map(({ accuracy }) => accuracy));
    return `${mean.toFixed(3)} ± ${sd.toFixed(3)}`;
  };
  const ours = show(pairs.map(({ own }) => own));
  const equalTime = pairs.map(({ keras, own }) => accuracyAt(keras, own.seconds));
  const started = equalTime.filter((accuracy) => accuracy !== undefined);
  const theirs =
    started.length === 0
      ? 'nothing: no epoch of Keras was over'
      : `${summary(started).mean.toFixed(3)} (${started.length} of ${pairs.length} seeds had an epoch over)`;
  return [
    `  accuracy               ${ours} against ${show(pairs.map(({ keras }) => keras))}, difference ${signed(difference)}; right where the other is not: ${onlyOurs} and ${onlyTheirs} images`,
    `                         exact McNemar: better p = ${better.toPrecision(2)}, worse p = ${worse.toPrecision(2)}: ${verdict(better, worse)}`,
    `  accuracy at equal time ${ours} against ${theirs}`,
  ];
}

const cost = (prices: PriceList, seconds: number) => `$${costOf(prices, INSTANCE, 1, seconds)!.toFixed(6)}`;

const signed = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`;

function verdict(better: number, worse: number): string {
  if (worse <= SIGNIFICANCE) return 'LESS accurate';
  return better <= SIGNIFICANCE ? 'more accurate' : 'no significant difference';
}
