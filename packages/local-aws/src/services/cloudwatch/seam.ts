/**
 * What other services may use of CloudWatch. PutMetricData refuses the namespaces of AWS's own services, so
 * they add their metrics here.
 */
export { metricsOf } from './metrics.ts';
