/** What a serving container says about its predictions (`container/serve/prediction-metrics.ts`), and alarms look at (`cloud/endpoints/rollouts.ts`). */

export const ENDPOINT_NAMESPACE = 'Graft/Endpoints';
/** Probability of the label that was ranked first, one value a prediction. */
export const CONFIDENCE = 'Confidence';
/** The metric's one dimension: whose model answered. */
export const TRAINING_JOB = 'TrainingJob';
