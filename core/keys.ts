/** S3 keys, in one place. Buckets: models (`general/`), data (`domains/`), artifacts (`promotions/`, `callbacks/`, `domains/`). */

/** Models bucket: folder of one general model version, with a slash at its end. */
export const generalModelPrefix = (model: string, version: string) => `general/${model}/${version}/`;
export const manifestKey = (model: string, version: string) =>
  `${generalModelPrefix(model, version)}manifest.json`;
export const signatureKey = (model: string, version: string) =>
  `${generalModelPrefix(model, version)}manifest.sig`;

/** Data bucket: folder of one domain. */
export const domainPrefix = (domain: string) => `domains/${domain}/`;
export const domainKey = (domain: string) => `${domainPrefix(domain)}domain.json`;
/** Below `train` and `test` one folder per label, in `other` the images themselves. */
export const imagesPrefix = (domain: string, part: 'train' | 'test' | 'other') =>
  `${domainPrefix(domain)}${part}/`;

/** Artifacts bucket: everything one promotion wrote about one domain. */
export const promotionPrefix = (execution: string, domain: string) => `promotions/${execution}/${domain}/`;
/**
 * Folder of this promotion's own copy of `domain.json`, with a slash at its end: a domain owner who uploads new data meanwhile
 * does not change what is running.
 */
export const domainSnapshotPrefix = (execution: string, domain: string) =>
  `${promotionPrefix(execution, domain)}domain/`;
export const domainSnapshotKey = (execution: string, domain: string) =>
  `${domainSnapshotPrefix(execution, domain)}domain.json`;
export const decisionKey = (execution: string, domain: string) =>
  `${promotionPrefix(execution, domain)}decision.json`;
export const outcomeKey = (execution: string, domain: string) =>
  `${promotionPrefix(execution, domain)}outcome.json`;
/** What a person reads about the promotion, and the same for programs. */
export const reportKey = (execution: string, domain: string, form: 'html' | 'json') =>
  `${promotionPrefix(execution, domain)}report.${form}`;
export const evaluationKey = (execution: string, domain: string, mode: string) =>
  `${promotionPrefix(execution, domain)}evaluation-${mode}.json`;
/**
 * Folder of the golden images that were kept for a promotion: their bytes, under their ids, and which they are (`golden.json`). It is
 * found from the key of the evaluation that they are rows of, since that is what a champion remembers.
 */
export const goldenImagesPrefix = (evaluation: string) =>
  `${evaluation.slice(0, evaluation.lastIndexOf('/') + 1)}golden/`;
export const goldenRecordKey = (evaluation: string) => `${goldenImagesPrefix(evaluation)}golden.json`;
export const goldenImageKey = (evaluation: string, id: string) =>
  `${goldenImagesPrefix(evaluation)}images/${id}`;
/** Where SageMaker writes `<job>/output/{model,output}.tar.gz`. */
export const trainingOutputPrefix = (execution: string, domain: string) =>
  `${promotionPrefix(execution, domain)}training/`;
export const trainingOutputKeys = (execution: string, domain: string, job: string) => ({
  modelKey: `${trainingOutputPrefix(execution, domain)}${job}/output/model.tar.gz`,
  outputKey: `${trainingOutputPrefix(execution, domain)}${job}/output/output.tar.gz`,
});
/** What spot jobs keep for the case that their instance is taken away. */
export const checkpointsPrefix = (execution: string, domain: string) =>
  `${promotionPrefix(execution, domain)}checkpoints/`;
/** Whose baseline the promotion took; absent where it trained its own. */
export const reusedBaselineKey = (execution: string, domain: string) =>
  `${promotionPrefix(execution, domain)}baseline.json`;
/** Whose job answers for everything that the fingerprint stands for (`core/baseline-fingerprint.ts`). */
export const baselineKey = (domain: string, fingerprint: string) =>
  `${domainPrefix(domain)}baselines/${fingerprint}.json`;
export const championKey = (domain: string) => `${domainPrefix(domain)}champion.json`;
/** Everything that has ever been live in the domain. */
export const championHistoryPrefix = (domain: string) => `${domainPrefix(domain)}champions/`;
/** Sorts by time. `promotedAt` is an ISO 8601 time in UTC. */
export const championHistoryKey = (domain: string, promotedAt: string, version: string) =>
  `${championHistoryPrefix(domain)}${promotedAt.replace(/[-:.]/g, '')}-${version}.json`;
/** Who is changing the domain's endpoint at this moment; absent when nobody is. */
export const deploymentLockKey = (domain: string) => `${domainPrefix(domain)}deployment.json`;
/** Folder of the records of a domain's endpoint configurations, one each, for the clean-up. */
export const configurationsPrefix = (domain: string) => `${domainPrefix(domain)}configurations/`;
export const configurationKey = (domain: string, endpointConfig: string) =>
  `${configurationsPrefix(domain)}${endpointConfig}.json`;
/** Folder of the records of a domain's promotions whose artefacts are still there, one each, for the clean-up. */
export const promotionRecordsPrefix = (domain: string) => `${domainPrefix(domain)}promotions/`;
export const promotionRecordKey = (domain: string, execution: string) =>
  `${promotionRecordsPrefix(domain)}${execution}.json`;
/** Where SageMaker keeps captured requests; it adds endpoint, variant and hour. */
export const capturesPrefix = (domain: string) => `captures/${domain}`;

/**
 * Task tokens wait under the name of the resource whose event will bring the news, because that name is all that the event
 * carries.
 */
export const trainingCallbackKey = (job: string) => `callbacks/training-jobs/${job}.json`;
export const approvalsPrefix = 'callbacks/approvals/';
export const approvalKey = (execution: string, domain: string) =>
  `${approvalsPrefix}${execution}/${domain}.json`;
export const endpointCallbacksPrefix = (endpoint: string) => `callbacks/endpoints/${endpoint}/`;
export const endpointCallbackKey = (endpoint: string, config: string) =>
  `${endpointCallbacksPrefix(endpoint)}${config}.json`;
