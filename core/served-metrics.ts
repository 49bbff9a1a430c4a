/** Metrics of predictions that programs write into their logs, from which CloudWatch makes them. */

/**
 * Of a serving container (`container/serve/prediction-metrics.ts`), which alarms watch
 * (`cloud/endpoints/rollouts.ts`).
 */
export const ENDPOINT_NAMESPACE = 'Graft/Endpoints';
/** Probability of the label that was ranked first, one value per prediction. */
export const CONFIDENCE = 'Confidence';
/** The metric's one dimension: the training job of the model that answered. */
export const TRAINING_JOB = 'TrainingJob';

/** Of the REST API (`functions/http/api-metrics.ts`), by the dimensions service, domain and status. */
export const API_NAMESPACE = 'Graft/Api';
export const API_SERVICE = 'graft';
/** Milliseconds of a request. */
export const API_TOTAL = 'Total';
