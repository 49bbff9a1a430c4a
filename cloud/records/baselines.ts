import type { S3Client } from '@aws-sdk/client-s3';
import { z } from 'zod';
import { baselineFingerprint } from '#core/baseline-fingerprint.ts';
import { type Evaluation, evaluationSchema } from '#core/contracts/evaluation.ts';
import { manifestSchema } from '#core/contracts/manifest.ts';
import type { DomainSubject, Trained } from '#core/contracts/promotion-state.ts';
import {
  baselineKey,
  evaluationKey,
  manifestKey,
  reusedBaselineKey,
  trainingOutputKeys,
} from '#core/keys.ts';
import { parseJson } from '#core/parse.ts';
import { log } from '../aws/log.ts';
import { findJson, readObject, writeJson } from '../aws/objects.ts';

/** Whose job trains, or has trained, the baseline of a fingerprint. Its evaluation is where EvaluateGate of that execution puts it. */
const baselineSchema = z.strictObject({
  schemaVersion: z.literal(1),
  execution: z.string(),
  job: z.string(),
});
type Baseline = z.output<typeof baselineSchema>;

/**
 * The fingerprint of a domain's baseline on this general model.
 *
 * @param domain what the domain brings to it, of `domainFingerprint`
 * @throws NotFoundError, InvalidInputError about the model's manifest
 */
export async function fingerprintOf(
  s3: S3Client,
  { modelsBucket, image }: { modelsBucket: string; image: string },
  { model, version }: DomainSubject,
  domain: string,
): Promise<string> {
  const key = manifestKey(model, version);
  const manifest = new TextDecoder().decode(await readObject(s3, modelsBucket, key));
  return baselineFingerprint(
    domain,
    parseJson(manifestSchema, manifest, `s3://${modelsBucket}/${key}`),
    image,
  );
}

/** Says whose baseline a fingerprint's next one may take. Its evaluation is not there yet: until it is, nobody takes it. */
export async function claimBaseline(
  s3: S3Client,
  artifactsBucket: string,
  fingerprint: string,
  { execution, domain }: DomainSubject,
  job: string,
): Promise<void> {
  const claim: Baseline = { schemaVersion: 1, execution, job };
  await writeJson(s3, artifactsBucket, baselineKey(domain, fingerprint), claim);
}

/**
 * The finished baseline of an earlier execution, undefined where there is none. Whatever is wrong with what is there is a reason to
 * train one, never to fail.
 */
export async function findBaseline(
  s3: S3Client,
  artifactsBucket: string,
  fingerprint: string,
  { execution, domain }: DomainSubject,
): Promise<Trained | undefined> {
  try {
    const found = await findJson(s3, artifactsBucket, baselineKey(domain, fingerprint), baselineSchema);
    if (found === undefined || found.value.execution === execution) return undefined;
    const trained = trainedBy(found.value, domain);
    return (await findReusedEvaluation(s3, artifactsBucket, trained)) && trained;
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'InvalidInput') throw error;
    log.warn('the baseline that is there cannot be used', { fingerprint, error });
    return undefined;
  }
}

/** Where the baseline of a promotion comes from, for whoever asks later about a promotion that trained none. */
export async function recordReuse(
  s3: S3Client,
  artifactsBucket: string,
  { execution, domain }: DomainSubject,
  { job, reusedFrom }: Trained,
): Promise<void> {
  const link: Baseline = { schemaVersion: 1, execution: reusedFrom!, job };
  await writeJson(s3, artifactsBucket, reusedBaselineKey(execution, domain), link);
}

/** The baseline that an execution has taken from an earlier one; undefined where it has not. */
export async function findReuse(
  s3: S3Client,
  artifactsBucket: string,
  execution: string,
  domain: string,
): Promise<Trained | undefined> {
  const found = await findJson(s3, artifactsBucket, reusedBaselineKey(execution, domain), baselineSchema);
  return found && trainedBy(found.value, domain);
}

/**
 * Evaluation of a baseline that an earlier execution trained, undefined when it is gone.
 *
 * @throws InvalidInputError when it is damaged
 */
export async function findReusedEvaluation(
  s3: S3Client,
  artifactsBucket: string,
  { evaluationKey: key }: Trained,
): Promise<Evaluation | undefined> {
  return (await findJson(s3, artifactsBucket, key!, evaluationSchema))?.value;
}

function trainedBy({ execution, job }: Baseline, domain: string): Trained {
  return {
    job,
    ...trainingOutputKeys(execution, domain, job),
    reusedFrom: execution,
    evaluationKey: evaluationKey(execution, domain, 'baseline'),
  };
}
