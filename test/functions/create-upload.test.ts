import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type UploadAnswer, uploadAnswerSchema } from '#core/api/uploads.ts';
import { accessKey } from '#core/keys.ts';
import { createUpload } from '../../functions/create-upload.ts';
import { createCallers } from '../../functions/http/access.ts';
import { readUpload } from '../../functions/http/uploaded-image.ts';
import { api } from '../../functions/middleware/api.ts';
import { expectDocumented } from './documented.ts';
import { buckets, type Stage, startStage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
  const access = { schemaVersion: 1, name: 'shop', domains: ['produce'], rights: ['read'] };
  await stage.put(buckets.artifacts, accessKey('reads'), access);
});
afterAll(() => stage.stop());

async function ask(body: object, key = 'k1') {
  const upload = createUpload({
    ...{ s3: stage.s3, bucket: buckets.artifacts, now: Date.now },
    callerOf: createCallers({ artifacts: stage.artifacts, firstKeyId: 'k1', now: Date.now }),
  });
  const event = {
    ...{ httpMethod: 'POST', resource: '/uploads', headers: { 'content-type': 'application/json' } },
    ...{ body: JSON.stringify(body), isBase64Encoded: false },
    requestContext: { requestId: 'r1', identity: { apiKeyId: key } },
  } as unknown as APIGatewayProxyEvent;
  const response = await api(() => upload)(event, {} as Context);
  expectDocumented('POST /uploads', response);
  return { ...response, json: JSON.parse(response.body) };
}

async function send({ url, fields }: UploadAnswer, bytes: Uint8Array, changes: Record<string, string> = {}) {
  const form = new FormData();
  for (const [name, value] of Object.entries({ ...fields, ...changes })) form.append(name, value);
  form.append('file', new Blob([bytes as BlobPart]));
  const response = await fetch(url, { method: 'POST', body: form });
  return { status: response.status, text: await response.text() };
}

describe('an upload', () => {
  test('is a form that S3 takes; its key is the caller’s only', async () => {
    const { statusCode, json } = await ask({ contentType: 'image/jpeg' });
    expect(statusCode).toBe(201);
    const answer = uploadAnswerSchema.parse(json);
    const bytes = Buffer.alloc(5 * 1024 * 1024, 7);

    expect(await send(answer, bytes)).toEqual({ status: 204, text: '' });
    expect((await readUpload(stage.artifacts, 'k1', answer.key)).equals(bytes)).toBe(true);
    await expect(readUpload(stage.artifacts, 'k2', answer.key)).rejects.toMatchObject({ status: 404 });
  });

  test('is held to its size, type and place by S3', async () => {
    const { json } = await ask({ contentType: 'image/png' });

    for (const [bytes, changes, refusal] of [
      [Buffer.alloc(6_291_457), {}, 'EntityTooLarge'],
      [Buffer.alloc(0), {}, 'EntityTooSmall'],
      [Buffer.alloc(9), { 'Content-Type': 'text/html' }, 'Policy Condition failed'],
      [Buffer.alloc(9), { key: 'domains/produce/champion.json' }, 'Policy Condition failed'],
    ] as const) {
      expect((await send(json, bytes, changes)).text).toContain(refusal);
    }
    await expect(readUpload(stage.artifacts, 'k1', json.key)).rejects.toMatchObject({ status: 404 });
  });

  test('of another type, or by a caller who may not predict, is refused', async () => {
    expect((await ask({ contentType: 'image/svg+xml' })).statusCode).toBe(400);
    expect((await ask({ contentType: 'image/png' }, 'reads')).statusCode).toBe(403);
  });
});
