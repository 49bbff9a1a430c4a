import type { PredictionResponse, ServedModel } from '#core/contracts/served-model.ts';

/** The threshold of a served model's output `out_of_domain`, whatever the distance in features is. */
export const UNSURE_ABOVE = 0.5;
/** Whether an image is too far from all of the domain's classes to be one of them. */
export const isUnsure = (outOfDomain: number) => outOfDomain > UNSURE_ABOVE;

/**
 * Labels with their probabilities, most probable first; equal ones in the order of the labels.
 *
 * @throws RangeError when a probability is no number, or their count is not that of the labels
 */
export function rankLabels(
  probabilities: ArrayLike<number>,
  labels: readonly string[],
): PredictionResponse['predictions'] {
  if (probabilities.length !== labels.length) {
    throw new RangeError(`${probabilities.length} probabilities for ${labels.length} labels`);
  }
  return labels
    .map((label, i) => ({ label, probability: asShare(probabilities[i]!) }))
    .sort((a, b) => b.probability - a.probability);
}

/**
 * A served model's answer about one image.
 *
 * @param probabilities in the order of labels
 * @throws RangeError when the model gave something that is no number
 */
export function answerOf(
  {
    domain,
    general,
    labels,
    trainingJob,
  }: Pick<ServedModel, 'domain' | 'general' | 'labels' | 'trainingJob'>,
  probabilities: ArrayLike<number>,
  outOfDomain: number,
): PredictionResponse {
  return {
    predictions: rankLabels(probabilities, labels),
    unsure: isUnsure(outOfDomain),
    outOfDomain: asShare(outOfDomain),
    domain,
    general,
    trainingJob,
  };
}

/** Rounding may leave [0, 1] by a little. JSON has no NaN: it would become null, which no alarm sees. */
function asShare(value: number): number {
  if (Number.isNaN(value)) throw new RangeError('The model predicted something that is no number');
  return Math.min(1, Math.max(0, value));
}
