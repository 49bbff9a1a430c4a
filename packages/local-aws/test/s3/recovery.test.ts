import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { blobFiles, SOON, type Storage, startStorage } from './bucket.ts';

const Bucket = 'kept';
let state: string;
let killed: ChildProcess | undefined;
let storage: Storage | undefined;

beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'local-aws-s3-'));
});
afterEach(async () => {
  killed?.kill('SIGKILL');
  await storage?.stop();
  rmSync(state, { recursive: true, force: true });
});

describe('after kill -9 in the middle of writing', () => {
  it('everything acknowledged is there, nothing else is, and no bytes are left over', async () => {
    const { process: child, endpoint } = await startProcess();
    killed = child;
    const s3 = new S3Client({
      endpoint,
      region: 'eu-central-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
      forcePathStyle: true,
      maxAttempts: 1,
    });
    await s3.send(new CreateBucketCommand({ Bucket }));
    await s3.send(new PutObjectCommand({ Bucket, Key: 'old', Body: 'old' }));
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'parts' }));
    const part = await s3.send(
      new UploadPartCommand({ Bucket, Key: 'parts', UploadId, PartNumber: 1, Body: 'part' }),
    );
    await halfPut(endpoint, 'old');
    await halfPut(endpoint, 'new');
    expect(blobs()).toHaveLength(4);

    child.kill('SIGKILL');
    await once(child, 'close');
    s3.destroy();
    storage = await startStorage({}, { state });

    const { Contents } = await storage.s3.send(new ListObjectsV2Command({ Bucket }));
    expect(Contents?.map((one) => one.Key)).toEqual(['old']);
    const { Body } = await storage.s3.send(new GetObjectCommand({ Bucket, Key: 'old' }));
    expect(await Body!.transformToString()).toBe('old');
    expect(blobs()).toHaveLength(2);
    const { Parts } = await storage.s3.send(new ListPartsCommand({ Bucket, Key: 'parts', UploadId }));
    expect(Parts).toMatchObject([{ PartNumber: 1, Size: 4 }]);
    await storage.s3.send(
      new CompleteMultipartUploadCommand({
        Bucket,
        Key: 'parts',
        UploadId,
        MultipartUpload: { Parts: [{ PartNumber: 1, ETag: part.ETag }] },
      }),
    );
  });
});

describe('a client that goes away in the middle of an upload', () => {
  it('leaves nothing behind', async () => {
    storage = await startStorage({ [Bucket]: 'Off' }, { state });
    const put = await halfPut(storage.endpoint, 'gone');
    expect(blobs()).toHaveLength(1);

    put.destroy();

    await expect.poll(blobs, SOON).toEqual([]);
    const { KeyCount } = await storage.s3.send(new ListObjectsV2Command({ Bucket }));
    expect(KeyCount).toBe(0);
  });
});

const blobs = () => blobFiles(state);

/** Sends the head and half of the body of a PUT, and waits until a file for it is there. */
async function halfPut(endpoint: string, key: string) {
  const before = blobs().length;
  const put = request(`${endpoint}/${Bucket}/${key}`, {
    method: 'PUT',
    headers: { 'content-length': '1000000' },
  });
  put.on('error', () => {});
  put.write(Buffer.alloc(500_000));
  await expect.poll(() => blobs().length, SOON).toBe(before + 1);
  return put;
}

async function startProcess() {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', fileURLToPath(new URL('./local-s3.ts', import.meta.url)), state],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [endpoint] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { process: child, endpoint };
}
