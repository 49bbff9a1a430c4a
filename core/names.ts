import { createHash } from 'node:crypto';

/** SageMaker's limit for names of jobs, models, endpoint configurations and endpoints. */
const SAGEMAKER_NAME_LIMIT = 63;
/** Step Functions' limit for names of executions. */
const EXECUTION_NAME_LIMIT = 80;

/** First `length` hexadecimal digits of the SHA-256 of the parts. */
export function shortDigest(parts: readonly string[], length = 8): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, length);
}

/**
 * Joins parts with hyphens into a name of `[A-Za-z0-9-]`, at most `limit` characters, always closed by a digest of all
 * parts, so that two different lists of parts never give the same name however much is cut.
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
 * Execution started by the model's S3 event: one per model version, so that a duplicated event finds it.
 *
 * @param arrival what S3 calls this very manifest, where the version came once more after its first promotion had failed
 */
export function executionName(model: string, version: string, arrival?: string): string {
  const again = arrival === undefined ? [] : [arrival];
  return derivedName(['promote', model, version, ...again], EXECUTION_NAME_LIMIT);
}

/**
 * Execution started by the arrival of a domain's data: one per model version and arrival.
 *
 * @param arrival what S3 calls this very object: its version, or ETag and sequencer
 */
export function dataExecutionName(model: string, version: string, domain: string, arrival: string): string {
  return derivedName(['data', domain, model, version, arrival], EXECUTION_NAME_LIMIT);
}

/** Execution started by `graft rollback`, at this time. */
export function rollbackExecutionName(domain: string, at: Date): string {
  return derivedName(['rollback', domain, at.toISOString()], EXECUTION_NAME_LIMIT);
}

/**
 * Name of something in SageMaker, which has one space of names for all deployments of an account and region: it begins with
 * the deployment's prefix, which is what its IAM policies and event rules are limited to. Lower case, because IAM compares with
 * regard to case, and whether SageMaker's ARNs are in lower case or as the name was written has changed over time.
 *
 * @param prefix `graft-<stage>`; stages have no hyphens, so that no deployment's prefix is the beginning of another's name
 */
function sageMakerName(prefix: string, parts: readonly string[]): string {
  return derivedName([prefix, ...parts], SAGEMAKER_NAME_LIMIT).toLowerCase();
}

/** Training job of one execution, domain, mode and attempt (0 for the first). */
export function trainingJobName(
  prefix: string,
  execution: string,
  domain: string,
  mode: string,
  attempt: number,
): string {
  return sageMakerName(prefix, [domain, mode, String(attempt), execution]);
}

/** SageMaker model, from the content it serves: the training job and its artefact's digest or ETag. */
export function modelName(prefix: string, domain: string, trainingJob: string, artefact: string): string {
  return sageMakerName(prefix, [domain, artefact, trainingJob]);
}

/** Endpoint configuration, from everything it says (model name and endpoint settings as JSON). */
export function endpointConfigName(prefix: string, domain: string, content: string): string {
  return sageMakerName(prefix, [domain, content]);
}

/** The one endpoint of a domain. At most 63 characters by construction of its parts. */
export function endpointName(prefix: string, domain: string): string {
  return `${prefix}-${domain}`;
}

/**
 * A rollout's alarm, of this endpoint and configuration only, so that the one of the next configuration is another. Its beginning
 * is what IAM policies are limited to (`serverless.yml`).
 */
export function rolloutAlarmName(endpoint: string, endpointConfig: string, what: string): string {
  return `rollout-${endpoint}-${shortDigest([endpoint, endpointConfig], 12)}-${what}`;
}

/** The alarm of an endpoint after its rollout. Its beginning is what IAM policies are limited to (`serverless.yml`). */
export function endpointAlarmName(endpoint: string): string {
  return `endpoint-${endpoint}-server-errors`;
}

/** The domain's group in SageMaker's model registry; named as its endpoint is. */
export function modelPackageGroupName(prefix: string, domain: string): string {
  return endpointName(prefix, domain);
}
