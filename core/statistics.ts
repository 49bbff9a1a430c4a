/** Two-sided 95 % quantile of the standard normal distribution. */
const Z_95 = 1.959963984540054;

/**
 * Wilson score interval of a proportion (Wilson, 1927, JASA 22:209–212).
 *
 * @param successes 0…trials
 * @param trials at least 1
 * @returns bounds in [0, 1]
 */
export function wilsonInterval(
  successes: number,
  trials: number,
  z = Z_95,
): { lower: number; upper: number } {
  if (trials < 1 || successes < 0 || successes > trials) {
    throw new RangeError(`no proportion: ${successes} of ${trials}`);
  }
  const p = successes / trials;
  const zz = z * z;
  const centre = (p + zz / (2 * trials)) / (1 + zz / trials);
  const half = (z / (1 + zz / trials)) * Math.sqrt((p * (1 - p)) / trials + zz / (4 * trials * trials));
  return { lower: Math.max(0, centre - half), upper: Math.min(1, centre + half) };
}

/**
 * One-sided exact McNemar test (McNemar, 1947, Psychometrika 12:153–157): the probability that at least
 * `better` of the `better + worse` discordant pairs favour the first classifier, if each pair is a fair coin.
 * Small means that the first classifier is better.
 *
 * @param better pairs that only the first classifier got right
 * @param worse pairs that only the second one got right
 * @returns p in (0, 1]; 1 when no pair is discordant
 */
export function mcnemarExact(better: number, worse: number): number {
  const n = better + worse;
  if (n === 0) return 1;
  // Sum of C(n, k) / 2^n for k = better … n. Up to 50 pairs all terms are integers below 2^53, so the result
  // is exact, and so is its comparison with a level such as 2^-5.
  if (n <= 50) {
    let ways = 1;
    let total = better === 0 ? 1 : 0;
    for (let k = 1; k <= n; k++) {
      ways = (ways * (n - k + 1)) / k;
      if (k >= better) total += ways;
    }
    return total / 2 ** n;
  }
  // In logarithms, so that thousands of pairs do not overflow.
  let logTerm = -n * Math.LN2;
  const logTerms: number[] = [logTerm];
  for (let k = 1; k <= n; k++) {
    logTerm += Math.log(n - k + 1) - Math.log(k);
    logTerms.push(logTerm);
  }
  let sum = 0;
  for (let k = n; k >= better; k--) sum += Math.exp(logTerms[k]!);
  return Math.min(1, sum);
}

/**
 * Fewest test images with which a model that is right about every one reaches a lower bound. For n of n,
 * Wilson's lower bound is n / (n + z²).
 *
 * @param lowerBound share in [0, 1]
 * @returns undefined for 1, which no number of images proves
 */
export function fewestImagesFor(lowerBound: number, z = Z_95): number | undefined {
  if (lowerBound >= 1) return undefined;
  let n = Math.max(1, Math.ceil((z * z * lowerBound) / (1 - lowerBound)) - 1);
  while (wilsonInterval(n, n, z).lower < lowerBound) n++;
  return n;
}

/**
 * Area under the receiver operating characteristic: the probability that a score from outside is above one
 * from inside; ties count one half (the Mann-Whitney statistic; Hanley, McNeil, 1982, Radiology 143:29–36).
 *
 * @returns 1 when every score from outside is above every one from inside, 0.5 when they cannot be told apart
 * @throws RangeError when one of the two has no scores
 */
export function areaUnderRoc(inside: readonly number[], outside: readonly number[]): number {
  if (inside.length === 0 || outside.length === 0)
    throw new RangeError('no curve without scores of both kinds');
  const sorted = inside.toSorted((a, b) => a - b);
  const below = (value: number, orEqual: boolean) => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle]! < value || (orEqual && sorted[middle] === value)) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const sum = outside.reduce((wins, value) => wins + (below(value, false) + below(value, true)) / 2, 0);
  return sum / (inside.length * outside.length);
}

/**
 * The bound that a given share of new scores stay within, if they come from the same distribution: the ⌈(n +
 * 1) × share⌉-th smallest of n (split conformal prediction: Vovk, Gammerman, Shafer, 2005; Lei et al., 2018,
 * JASA 113:1094–1111). A share of 0.95 takes 19 scores. Of fewer scores the bound is the largest, and the
 * share that stays within is smaller: n / (n + 1).
 *
 * @param share in (0, 1]
 * @throws RangeError when there are no scores
 */
export function conformalBound(scores: readonly number[], share: number): number {
  if (scores.length === 0) throw new RangeError('no bound without scores');
  const rank = Math.min(scores.length, Math.ceil((scores.length + 1) * share));
  return scores.toSorted((a, b) => a - b)[rank - 1]!;
}
