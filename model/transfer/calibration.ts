import { type Confidence, expectedCalibrationError } from '#core/calibration.ts';
import type { Calibration } from '#core/contracts/evaluation.ts';
import type { HeldOut, HeldOutRows } from './head-objective.ts';
import { logitRows } from './logit-rows.ts';

/** Range of temperatures that is searched. */
const LOWEST = 0.05;
const HIGHEST = 20;

/**
 * The temperature by which logits are divided so that the probabilities of held-out rows are most likely (Guo
 * et al., "On Calibration of Modern Neural Networks", 2017). The loss is convex in the inverse temperature,
 * so a ternary search finds the minimum.
 *
 * The true class has the target 1 − 1 / (images + 2) instead of 1, after Platt ("Probabilistic Outputs for
 * Support Vector Machines", 1999): a few images that were all recognised do not make a head certain.
 *
 * @param images number of images that the rows are variants of
 */
export function fitTemperature(held: HeldOut, images: number): number {
  const doubt = 1 / (images + 2);
  let low = 1 / HIGHEST;
  let high = 1 / LOWEST;
  while (high - low > 1e-4 * low) {
    const a = low + (high - low) / 3;
    const b = high - (high - low) / 3;
    if (lossAt(held, a, doubt) < lossAt(held, b, doubt)) high = b;
    else low = a;
  }
  return 2 / (low + high);
}

/** Mean cross-entropy of held-out rows, in nats, with logits divided by a temperature. */
export const calibratedLoss = (held: HeldOut, temperature: number) => lossAt(held, 1 / temperature, 0);

/**
 * Standard error of `calibratedLoss` over the images, because the variants of one image are not independent.
 *
 * @param variants number of rows of each image, whether held out or not
 */
export function standardErrorOfLoss(held: HeldOutRows, temperature: number, variants: number): number {
  const { logits, classIndices, rows } = held;
  const losses = logitRows(logits, logits.length / classIndices.length);
  const images = new Map<number, { loss: number; rows: number }>();
  let total = 0;
  for (const [at, truth] of classIndices.entries()) {
    const image = Math.floor(rows[at]! / variants);
    const sums = images.get(image) ?? { loss: 0, rows: 0 };
    const loss = losses.crossEntropy(at, truth, 1 / temperature);
    images.set(image, { loss: sums.loss + loss, rows: sums.rows + 1 });
    total += loss;
  }
  if (images.size < 2) return 0;
  const mean = total / classIndices.length;
  let squares = 0;
  for (const { loss, rows } of images.values()) squares += (loss / rows - mean) ** 2;
  return Math.sqrt(squares / (images.size - 1) / images.size);
}

/** @param doubt share of the truth that is spread over all classes */
function lossAt({ logits, classIndices }: HeldOut, inverse: number, doubt: number): number {
  const labelCount = logits.length / classIndices.length;
  const losses = logitRows(logits, labelCount);
  let loss = 0;
  for (const [row, truth] of classIndices.entries()) {
    loss += losses.crossEntropy(row, truth, inverse);
    if (doubt === 0) continue;
    const at = row * labelCount;
    let mean = 0;
    for (let label = 0; label < labelCount; label++) mean += logits[at + label]! / labelCount;
    loss += doubt * inverse * (logits[at + truth]! - mean);
  }
  return loss / classIndices.length;
}

/** Confidence and correctness of held-out rows, with logits divided by a temperature. */
export function confidencesOf({ logits, classIndices }: HeldOut, temperature: number): Confidence[] {
  const labelCount = logits.length / classIndices.length;
  return Array.from(classIndices, (truth, row) => {
    const own = logits.subarray(row * labelCount, (row + 1) * labelCount);
    const highest = Math.max(...own);
    const sum = own.reduce((all, logit) => all + Math.exp((logit - highest) / temperature), 0);
    return { confidence: 1 / sum, right: own[truth] === highest };
  });
}

export interface CalibrationTally {
  note(image: number, probabilities: Float32Array): void;
  calibration(): { calibration?: Calibration };
}

/**
 * Measures on the test images what the calibration is worth, from the calibrated model's answers. Without
 * calibration the model's probabilities would be in proportion to these to the power of the temperature.
 */
export function calibrationTally(
  fitted: Omit<Calibration, 'test'> | undefined,
  classIndices: Int32Array,
): CalibrationTally {
  const before: Confidence[] = [];
  const after: Confidence[] = [];
  return {
    note(image, probabilities) {
      if (!fitted) return;
      const highest = Math.max(...probabilities);
      const right = probabilities[classIndices[image]!] === highest;
      const sum = probabilities.reduce((all, p) => all + (p / highest) ** fitted.temperature, 0);
      before.push({ confidence: 1 / sum, right });
      after.push({ confidence: Math.min(1, highest), right });
    },
    calibration() {
      if (!fitted) return {};
      const [first, second] = [before, after].map(expectedCalibrationError);
      return { calibration: { ...fitted, test: { before: first!, after: second! } } };
    },
  };
}
