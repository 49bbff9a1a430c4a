import type { PredictionQuery } from '#core/api/predictions.ts';

type Labelled = { predictions: { label: string; probability: number }[] };

/** Leaves the labels that the caller wants to see. They are ranked already. */
export function chosenLabels<Answer extends Labelled>(
  answer: Answer,
  { top, threshold = 0 }: PredictionQuery,
): Answer {
  const predictions = answer.predictions.slice(0, top).filter(({ probability }) => probability >= threshold);
  return { ...answer, predictions };
}
