import type { PredictionResponse } from '#core/contracts/served-model.ts';
import { CONFIDENCE, ENDPOINT_NAMESPACE, TRAINING_JOB } from '#core/served-metrics.ts';

/**
 * The confidence of a request's predictions, as a line in CloudWatch's embedded metric format ("Embedded
 * Metric Format Specification" in its user guide): CloudWatch Logs makes a metric of it. The dimension is the
 * training job of the model that answered. It tells the instances of a new endpoint configuration from those
 * of the old one, although the container knows neither.
 *
 * @param answers of one request, at most 100, which is also the most values that the format takes
 * @param at milliseconds since 1970
 * @param inferenceId by which the request is found in other logs; a field of the line, no dimension
 */
export function confidenceLine(
  answers: readonly PredictionResponse[],
  at: number,
  inferenceId?: string,
): string {
  return JSON.stringify({
    _aws: {
      Timestamp: at,
      CloudWatchMetrics: [
        {
          Namespace: ENDPOINT_NAMESPACE,
          Dimensions: [[TRAINING_JOB]],
          Metrics: [{ Name: CONFIDENCE, Unit: 'None' }],
        },
      ],
    },
    [TRAINING_JOB]: answers[0]!.trainingJob,
    ...(inferenceId === undefined ? {} : { InferenceId: inferenceId }),
    [CONFIDENCE]: answers.map(({ predictions }) => predictions[0]!.probability),
  });
}
