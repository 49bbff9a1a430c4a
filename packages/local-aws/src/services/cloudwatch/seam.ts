/** What other services may use of CloudWatch: its API takes no metrics in the namespaces of AWS's own services. */
export { metricsOf } from './metrics.ts';
