/**
 * The metric that a serving container reports about its predictions
 * (`container/serve/prediction-metrics.ts`), and that alarms watch (`cloud/endpoints/rollouts.ts`).
 */

export const ENDPOINT_NAMESPACE = 'Graft/Endpoints';
/** Probability of the label that was ranked first, one value per prediction. */
export const CONFIDENCE = 'Confidence';
/** The metric's one dimension: the training job of the model that answered. */
export const TRAINING_JOB = 'TrainingJob';
