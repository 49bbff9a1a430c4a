import type { S3Client } from '@aws-sdk/client-s3';
import { DescribeExecutionCommand, ExecutionDoesNotExist, type SFNClient } from '@aws-sdk/client-sfn';
import { z } from 'zod';
import { BusyError } from '#core/errors.ts';
import { deploymentLockKey } from '#core/keys.ts';
import { deleteObject, findJson, isPreconditionFailed, writeJson } from '../aws/objects.ts';

const lockSchema = z.strictObject({
  schemaVersion: z.literal(1),
  /** Name and ARN of the execution that holds it. */
  execution: z.string(),
  executionArn: z.string(),
});

export interface Holder {
  execution: string;
  executionArn: string;
}

/**
 * Makes this execution the only one that changes the domain's endpoint, from before it reads the champion until it has written the
 * next one. Without it, of two models that are promoted at once, the older could replace the newer between the two.
 * A holder whose execution has ended without letting go (aborted by hand) loses it.
 *
 * @throws BusyError while another running execution holds it
 */
export async function takeDeploymentLock(
  { s3, sfn }: { s3: S3Client; sfn: SFNClient },
  artifactsBucket: string,
  domain: string,
  { execution, executionArn }: Holder,
): Promise<void> {
  const key = deploymentLockKey(domain);
  const lock = { schemaVersion: 1, execution, executionArn };
  if (await tryWrite(s3, artifactsBucket, key, lock, { ifNoneMatch: '*' })) return;

  const held = await findJson(s3, artifactsBucket, key, lockSchema);
  if (held?.value.executionArn === executionArn) return;
  const free = held !== undefined && !(await isRunning(sfn, held.value.executionArn));
  if (free && (await tryWrite(s3, artifactsBucket, key, lock, { ifMatch: held.etag }))) return;
  throw new BusyError(`Execution ${held?.value.execution ?? 'of another model'} is deploying to "${domain}"`);
}

/** Lets go of the lock if this execution holds it. */
export async function releaseDeploymentLock(
  s3: S3Client,
  artifactsBucket: string,
  domain: string,
  execution: string,
): Promise<void> {
  const key = deploymentLockKey(domain);
  const held = await findJson(s3, artifactsBucket, key, lockSchema);
  if (held?.value.execution === execution) await deleteObject(s3, artifactsBucket, key);
}

async function tryWrite(...args: Parameters<typeof writeJson>): Promise<boolean> {
  try {
    await writeJson(...args);
    return true;
  } catch (error) {
    if (isPreconditionFailed(error)) return false;
    throw error;
  }
}

async function isRunning(sfn: SFNClient, executionArn: string): Promise<boolean> {
  try {
    const { status } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    return status === 'RUNNING' || status === 'PENDING_REDRIVE';
  } catch (error) {
    if (error instanceof ExecutionDoesNotExist) return false;
    throw error;
  }
}
