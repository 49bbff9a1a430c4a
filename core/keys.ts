/**
 * All S3 keys. Buckets: models (`general/`), data (`domains/`), artifacts (`promotions/`, `callbacks/`,
 * `domains/`, `access/`, `uploads/`, `shared/`, `batches/`).
 */

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

/** Artifacts bucket: a folder for each domain of a promotion. */
export const promotionsPrefix = (execution: string) => `promotions/${execution}/`;
/** Everything that one promotion wrote about one domain. */
export const promotionPrefix = (execution: string, domain: string) =>
  `${promotionsPrefix(execution)}${domain}/`;
/**
 * Folder of this promotion's own copy of `domain.json`, with a slash at its end. New data that a domain owner
 * uploads meanwhile do not change a promotion that runs.
 */
export const domainSnapshotPrefix = (execution: string, domain: string) =>
  `${promotionPrefix(execution, domain)}domain/`;
export const domainSnapshotKey = (execution: string, domain: string) =>
  `${domainSnapshotPrefix(execution, domain)}domain.json`;
export const decisionKey = (execution: string, domain: string) =>
  `${promotionPrefix(execution, domain)}decision.json`;
export const outcomeKey = (execution: string, domain: string) =>
  `${promotionPrefix(execution, domain)}outcome.json`;
/** The promotion's report, for people (`html`) and for programs (`json`). */
export const reportKey = (execution: string, domain: string, form: 'html' | 'json') =>
  `${promotionPrefix(execution, domain)}report.${form}`;
export const evaluationKey = (execution: string, domain: string, mode: string) =>
  `${promotionPrefix(execution, domain)}evaluation-${mode}.json`;
/**
 * Folder of the golden images that a promotion kept: their bytes under their ids, and the list of them
 * (`golden.json`). It lies beside the evaluation that they are rows of, because a champion remembers that
 * key.
 */
export const goldenImagesPrefix = (evaluation: string) =>
  `${evaluation.slice(0, evaluation.lastIndexOf('/') + 1)}golden/`;
export const goldenRecordKey = (evaluation: string) => `${goldenImagesPrefix(evaluation)}golden.json`;
export const goldenImageKey = (evaluation: string, id: string) =>
  `${goldenImagesPrefix(evaluation)}images/${id}`;
/** What the promotion's endpoint answered about golden images, its own or those of a rollback's target. */
export const goldenAnswersKey = (execution: string, domain: string) =>
  `${promotionPrefix(execution, domain)}golden-answers.json`;
/** Where SageMaker writes `<job>/output/{model,output}.tar.gz`. */
export const trainingOutputPrefix = (execution: string, domain: string) =>
  `${promotionPrefix(execution, domain)}training/`;
export const trainingOutputKeys = (execution: string, domain: string, job: string) => ({
  modelKey: `${trainingOutputPrefix(execution, domain)}${job}/output/model.tar.gz`,
  outputKey: `${trainingOutputPrefix(execution, domain)}${job}/output/output.tar.gz`,
});
/** Checkpoints of spot jobs, for an instance that is taken away. */
export const checkpointsPrefix = (execution: string, domain: string) =>
  `${promotionPrefix(execution, domain)}checkpoints/`;
/** Says whose baseline the promotion reused; absent where it trained its own. */
export const reusedBaselineKey = (execution: string, domain: string) =>
  `${promotionPrefix(execution, domain)}baseline.json`;
/** Names the execution that trains the baseline for this fingerprint (`core/baseline-fingerprint.ts`). */
export const baselineKey = (domain: string, fingerprint: string) =>
  `${domainPrefix(domain)}baselines/${fingerprint}.json`;
/** What the holder of an API key may do; `core/api/access.ts` has its form. */
export const accessKey = (apiKeyId: string) => `access/${apiKeyId}.json`;
/** An image that a caller of the REST API uploaded; a lifecycle rule removes it after a day. */
export const uploadKey = (caller: string, key: string) => `uploads/${caller}/${key}`;
export const championKey = (domain: string) => `${domainPrefix(domain)}champion.json`;
/** All models that were ever live in the domain. */
export const championHistoryPrefix = (domain: string) => `${domainPrefix(domain)}champions/`;
/** These keys sort by time. `promotedAt` is an ISO 8601 time in UTC. */
export const championHistoryKey = (domain: string, promotedAt: string, version: string) =>
  `${championHistoryPrefix(domain)}${promotedAt.replace(/[-:.]/g, '')}-${version}.json`;
/** The deployment lock: which execution changes the domain's endpoint now; absent when none does. */
export const deploymentLockKey = (domain: string) => `${domainPrefix(domain)}deployment.json`;
/** Folder of the records of a domain's endpoint configurations, one each, for the clean-up. */
export const configurationsPrefix = (domain: string) => `${domainPrefix(domain)}configurations/`;
export const configurationKey = (domain: string, endpointConfig: string) =>
  `${configurationsPrefix(domain)}${endpointConfig}.json`;
/** Folder of the records of a domain's promotions whose artifacts still exist, one each, for the clean-up. */
export const promotionRecordsPrefix = (domain: string) => `${domainPrefix(domain)}promotions/`;
export const promotionRecordKey = (domain: string, execution: string) =>
  `${promotionRecordsPrefix(domain)}${execution}.json`;
/** Folder below which the shared endpoint finds its models, with a slash at its end. */
export const sharedModelsPrefix = 'shared/';
/**
 * Folder of one batch: its record, the list of its images, its own copy of the model, and its results. A
 * lifecycle rule removes it.
 */
export const batchPrefix = (domain: string, id: string) => `batches/${domain}/${id}/`;
export const batchRecordKey = (domain: string, id: string) => `${batchPrefix(domain, id)}batch.json`;
export const batchManifestKey = (domain: string, id: string) => `${batchPrefix(domain, id)}manifest.json`;
export const batchModelKey = (domain: string, id: string) => `${batchPrefix(domain, id)}model.tar.gz`;
/** Where SageMaker writes `<image>.out`. */
export const batchResultsPrefix = (domain: string, id: string) => `${batchPrefix(domain, id)}results/`;
/** As `InvokeEndpoint` names a model of the shared endpoint: its path below the prefix. */
export const targetModelOf = (domain: string, deployment: string) => `${domain}/${deployment}.tar.gz`;
export const sharedModelKey = (targetModel: string) => `${sharedModelsPrefix}${targetModel}`;
/** Where SageMaker keeps captured requests; it adds endpoint, variant and hour. */
export const capturesPrefix = (domain: string) => `captures/${domain}`;

/**
 * Task tokens are kept under the name of the resource whose event ends the wait, because the event carries
 * that name only.
 */
export const trainingCallbackKey = (job: string) => `callbacks/training-jobs/${job}.json`;
export const approvalsPrefix = 'callbacks/approvals/';
export const approvalKey = (execution: string, domain: string) =>
  `${approvalsPrefix}${execution}/${domain}.json`;
export const endpointCallbacksPrefix = (endpoint: string) => `callbacks/endpoints/${endpoint}/`;
export const endpointCallbackKey = (endpoint: string, config: string) =>
  `${endpointCallbacksPrefix(endpoint)}${config}.json`;
