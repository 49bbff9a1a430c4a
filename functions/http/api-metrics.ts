import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { API_NAMESPACE, API_SERVICE, API_TOTAL } from '#core/served-metrics.ts';

export interface PredictionMeasured {
  /** Undefined until it is known that the domain exists: callers must not make up metrics. */
  domain: string | undefined;
  status: number;
  /** Milliseconds. */
  total: number;
  /** Of it, waiting for the endpoint; undefined where it was not asked. */
  endpoint: number | undefined;
}

export type MeasurePrediction = (measured: PredictionMeasured) => void;

/**
 * Writes a prediction's times into the log in the embedded metric format, from which CloudWatch makes the
 * metrics `Total`, `Endpoint` and `Overhead` of the namespace `Graft/Api`, by domain and status.
 */
export function predictionMetrics(): MeasurePrediction {
  const metrics = new Metrics({ namespace: API_NAMESPACE, serviceName: API_SERVICE });
  return ({ domain = 'none', status, total, endpoint }) => {
    metrics.addDimensions({ domain, status: String(status) });
    metrics.addMetric(API_TOTAL, MetricUnit.Milliseconds, total);
    if (endpoint !== undefined) {
      metrics.addMetric('Endpoint', MetricUnit.Milliseconds, endpoint);
      metrics.addMetric('Overhead', MetricUnit.Milliseconds, total - endpoint);
    }
    metrics.publishStoredMetrics();
  };
}
