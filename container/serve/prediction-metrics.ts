import type { PredictionResponse } from '#core/contracts/served-model.ts';
import { CONFIDENCE, ENDPOINT_NAMESPACE, TRAINING_JOB } from '#core/served-metrics.ts';

/**
 * How sure the model was, as a line in CloudWatch's embedded metric format: whatever brings a container's output to CloudWatch Logs
 * makes a metric of it. It is named by the training job whose model answered, so that the instances of a new configuration can be told
 * from those of the old one without the container knowing either.
 *
 * @param answers of one request, at most 100, which is also the most values that the format takes
 * @param at milliseconds since 1970
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function confidenceLine(answers: readonly PredictionResponse[], at: number): string {
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
    [CONFIDENCE]: answers.map(({ predictions }) => predictions[0]!.probability),
  });
}
