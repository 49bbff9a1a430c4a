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
 * One-sided exact McNemar test (McNemar, 1947, Psychometrika 12:153–157): probability of at least `better` of the
 * `better + worse` discordant pairs under a fair coin. Small means that the first classifier is better.
 *
 * @param better pairs that only the first classifier got right
 * @param worse pairs that only the second one got right
 * @returns p in (0, 1]; 1 when no pair is discordant
 */
export function mcnemarExact(better: number, worse: number): number {
  const n = better + worse;
  if (n === 0) return 1;
  // Sum of C(n, k) / 2^n for k = better … n. Up to 50 pairs all of this are integers below 2^53: the result is exact, and so is a
  // comparison with a level such as 2^-5.
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
 * Fewest test images with which a model that gets every one right reaches a lower bound: for n of n, Wilson's lower bound is
 * n / (n + z²).
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
