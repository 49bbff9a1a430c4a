import { createHash } from 'node:crypto';
import { SERVED_SCHEMA_VERSION } from './contracts/served-model.ts';

/** SageMaker's limit for names of jobs, models, endpoint configurations and endpoints. */
const SAGEMAKER_NAME_LIMIT = 63;
/** Step Functions' limit for names of executions. */
const EXECUTION_NAME_LIMIT = 80;

/** First `length` hexadecimal digits of the SHA-256 of the parts. */
export function shortDigest(parts: readonly string[], length = 8): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, length);
}

/**
 * Joins parts with hyphens into a name of `[A-Za-z0-9-]`, at most `limit` characters. A digest of all parts
 * ends it, so that two different lists of parts never give the same name, however much is cut.
 */
function derivedName(parts: readonly string[], limit: number): string {
  const digest = shortDigest(parts);
  const readable = parts
    .join('-')
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, limit - digest.length - 1)
    .replace(/-+$/, '');
  return `${readable}-${digest}`;
}

/**
 * Execution that a model's S3 event starts: one per model version, so that a duplicated event meets it.
 *
 * @param arrival identifies this upload of the manifest, where the version was uploaded again after its first
 *   promotion had failed
 */
export function executionName(model: string, version: string, arrival?: string): string {
  const again = arrival === undefined ? [] : [arrival];
  return derivedName(['promote', model, version, ...again], EXECUTION_NAME_LIMIT);
}

/**
 * Execution that the arrival of a domain's data starts: one per model version and arrival.
 *
 * @param arrival identifies this upload of `domain.json`: its S3 version, or ETag and sequencer
 */
export function dataExecutionName(model: string, version: string, domain: string, arrival: string): string {
  return derivedName(['data', domain, model, version, arrival], EXECUTION_NAME_LIMIT);
}

/** ARN of a state machine's execution. */
export function executionArnOf(stateMachineArn: string, name: string): string {
  return `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
}

/**
 * Execution that a caller of the REST API starts: one for each caller and idempotency key, so that a repeated
 * request meets the first one's.
 *
 * @param key the caller's idempotency key, or the request's own id
 */
export function requestedExecutionName(what: 'promote' | 'rollback', caller: string, key: string): string {
  return derivedName(['api', what, shortDigest([caller, key], 32)], EXECUTION_NAME_LIMIT);
}

/** Execution started by `graft rollback`, at this time. */
export function rollbackExecutionName(domain: string, at: Date): string {
  return derivedName(['rollback', domain, at.toISOString()], EXECUTION_NAME_LIMIT);
}

/**
 * Name of a SageMaker resource. SageMaker has one name space for an account and region, so the name begins
 * with the deployment's prefix: IAM policies and event rules are limited to it. It is lower case, because IAM
 * compares case and SageMaker's ARNs have been written both in lower case and as named.
 *
 * @param prefix `graft-<stage>`; stages have no hyphens, so no deployment's prefix is the beginning of
 *   another's name
 */
function sageMakerName(prefix: string, parts: readonly string[]): string {
  return derivedName([prefix, ...parts], SAGEMAKER_NAME_LIMIT).toLowerCase();
}

/**
 * Training job of one execution, domain and mode. A second attempt is another execution, whose jobs have
 * other names; the `0` is what remains of numbered attempts, so that the jobs of earlier executions are found
 * by name.
 */
export function trainingJobName(prefix: string, execution: string, domain: string, mode: string): string {
  return sageMakerName(prefix, [domain, mode, '0', execution]);
}

/** SageMaker model, named from the content it serves: the training job and the ETag of its artifact. */
export function modelName(prefix: string, domain: string, trainingJob: string, artifact: string): string {
  return sageMakerName(prefix, [domain, artifact, trainingJob]);
}

/**
 * Id of a batch within its domain: one for each caller and idempotency key, so that a repeated request meets
 * the first one's.
 */
export function batchId(domain: string, caller: string, key: string): string {
  return shortDigest([domain, caller, key], 16);
}

/** Transform job of a batch, and SageMaker's model that it runs; with an empty id, how they all begin. */
export function batchJobName(prefix: string, domain: string, id: string): string {
  return `${prefix}-batch-${shortDigest([domain], 12)}-${id}`;
}

/** Endpoint configuration, named from all its content (model name and endpoint settings as JSON). */
export function endpointConfigName(prefix: string, domain: string, content: string): string {
  return sageMakerName(prefix, [domain, content]);
}

/** The one endpoint of a domain. At most 63 characters by construction of its parts. */
export function endpointName(prefix: string, domain: string): string {
  return `${prefix}-${domain}`;
}

/**
 * The endpoint that domains of the type `shared` have together. Two hyphens in a row are in no domain's name,
 * so it is no domain's own endpoint.
 */
export function sharedEndpointName(prefix: string): string {
  return `${prefix}--shared-${SERVED_SCHEMA_VERSION}`;
}

/**
 * Alarm of one rollout: of this endpoint and configuration only, so that the next configuration has its own.
 * IAM policies are limited to the beginning of the name (`serverless.yml`).
 */
export function rolloutAlarmName(endpoint: string, endpointConfig: string, what: string): string {
  return `rollout-${endpoint}-${shortDigest([endpoint, endpointConfig], 12)}-${what}`;
}

/**
 * Alarm of an endpoint after its rollout. IAM policies are limited to the beginning of the name
 * (`serverless.yml`).
 */
export function endpointAlarmName(endpoint: string): string {
  return `endpoint-${endpoint}-server-errors`;
}

/** The domain's group in SageMaker's model registry; named like its endpoint. */
export function modelPackageGroupName(prefix: string, domain: string): string {
  return endpointName(prefix, domain);
}
