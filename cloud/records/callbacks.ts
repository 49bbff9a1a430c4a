import type { S3Client } from '@aws-sdk/client-s3';
import {
  InvalidToken,
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
  type SFNClient,
  TaskDoesNotExist,
  TaskTimedOut,
} from '@aws-sdk/client-sfn';
import { z } from 'zod';
import { endpointCallbackKey, endpointCallbacksPrefix, trainingCallbackKey } from '#core/keys.ts';
import { shorten } from '#core/shorten.ts';
import { deleteObject, findJson, listObjects, writeJson } from '../aws/objects.ts';

const tokenSchema = z.string().min(1).max(2048);

/** Who waits for a training job. */
const trainingCallbackSchema = z.strictObject({ schemaVersion: z.literal(1), token: tokenSchema });

/** Who waits for an endpoint to be in service on a configuration. */
const endpointCallbackSchema = z.strictObject({
  schemaVersion: z.literal(1),
  token: tokenSchema,
  endpoint: z.string(),
  /** The configuration that was asked for. */
  endpointConfig: z.string(),
  /**
   * Whether SageMaker has accepted the change. Before that, an endpoint in service on another configuration is how things stand;
   * after it, it has been rolled back.
   */
  requested: z.boolean(),
  /** The configuration that was live when the change was asked for; to be back on it is to be rolled back. */
  before: z.string().optional(),
  /** What the waiting state gets when all is well. */
  output: z.record(z.string(), z.unknown()),
});
export type EndpointCallback = z.output<typeof endpointCallbackSchema>;

export async function saveTrainingCallback(s3: S3Client, bucket: string, job: string, token: string) {
  await writeJson(s3, bucket, trainingCallbackKey(job), { schemaVersion: 1, token });
}

/** The task token that waits for a job, or undefined: not a job of ours, or already answered. */
export async function findTrainingCallback(
  s3: S3Client,
  bucket: string,
  job: string,
): Promise<string | undefined> {
  return (await findJson(s3, bucket, trainingCallbackKey(job), trainingCallbackSchema))?.value.token;
}

export async function removeTrainingCallback(s3: S3Client, bucket: string, job: string) {
  await deleteObject(s3, bucket, trainingCallbackKey(job));
}

export async function saveEndpointCallback(s3: S3Client, bucket: string, callback: EndpointCallback) {
  await writeJson(s3, bucket, endpointCallbackKey(callback.endpoint, callback.endpointConfig), callback);
}

export async function findEndpointCallback(
  s3: S3Client,
  bucket: string,
  endpoint: string,
  endpointConfig: string,
): Promise<EndpointCallback | undefined> {
  const key = endpointCallbackKey(endpoint, endpointConfig);
  return (await findJson(s3, bucket, key, endpointCallbackSchema))?.value;
}

/** Everybody who waits for an endpoint, whichever configuration they asked for. */
export async function listEndpointCallbacks(
  s3: S3Client,
  bucket: string,
  endpoint: string,
): Promise<EndpointCallback[]> {
  const callbacks: EndpointCallback[] = [];
  for await (const { key } of listObjects(s3, bucket, endpointCallbacksPrefix(endpoint))) {
    const found = await findJson(s3, bucket, key, endpointCallbackSchema);
    if (found !== undefined) callbacks.push(found.value);
  }
  return callbacks;
}

export async function removeEndpointCallback(s3: S3Client, bucket: string, callback: EndpointCallback) {
  await deleteObject(s3, bucket, endpointCallbackKey(callback.endpoint, callback.endpointConfig));
}

/** What a waiting state is told. */
export type Answer = { output: unknown } | { error: string; cause: string };

/**
 * Answers a waiting state.
 *
 * @returns false when nobody waits with this token any more: the task was answered, timed out, or its execution has ended. That is
 *   how duplicated events look, so it is no error.
 */
export async function answer(sfn: SFNClient, token: string, what: Answer): Promise<boolean> {
  try {
    if ('output' in what) {
      const output = JSON.stringify(what.output);
      await sfn.send(new SendTaskSuccessCommand({ taskToken: token, output }));
    } else {
      const cause = shorten(what.cause, 32_768);
      await sfn.send(new SendTaskFailureCommand({ taskToken: token, error: what.error, cause }));
    }
    return true;
  } catch (error) {
    if (error instanceof TaskTimedOut || error instanceof TaskDoesNotExist || error instanceof InvalidToken) {
      return false;
    }
    throw error;
  }
}
