import { mkdtemp, open, readdir, readFile, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AbortMultipartUploadCommand,
  CreateBucketCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { LocalAws } from 'local-aws';
import { createS3 } from 'local-aws/services';
import { startLocal } from 'local-aws/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { writeNewKey } from '../../../onprem-agent/model-folder/signing-key.ts';
import { graft } from '../cli.ts';
import { makeModelFolder } from '../model-fixture.ts';
import { type Seen, s3Error, startProxy } from '../proxy.ts';

type Fault = (seen: Seen, request: IncomingMessage, response: ServerResponse) => boolean;

const MIB = 1024 * 1024;
const partOf = ({ path }: Seen) => Number(/partNumber=(\d+)/.exec(path)?.[1] ?? 0);
let local: LocalAws;
let s3: S3Client;
let root: string;
let bucket: string;
let version: string;
let fault: Fault;
let proxy: Awaited<ReturnType<typeof startProxy>>;
let answers: { seen: Seen; status: number }[];
let count = 0;

beforeAll(async () => {
  local = await startLocal({ services: [createS3] });
  s3 = local.client(S3Client);
});
afterAll(() => local.stop());
beforeEach(async () => {
  // Pauses of no length.
  vi.spyOn(Math, 'random').mockReturnValue(0);
  root = await mkdtemp(join(tmpdir(), 'graft-upload-'));
  fault = () => false;
  answers = [];
  proxy = await startProxy(
    local.endpoint,
    (...request) => fault(...request),
    (seen, status) => answers.push({ seen, status }),
  );
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ENDPOINT_URL', proxy.url);
  vi.stubEnv('GRAFT_STATE', join(root, 'state'));
  bucket = `upload-${++count}`;
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  await writeNewKey(join(root, 'key.pem'));
  ({ version } = await makeModelFolder(join(root, 'model'), { bytes: 22 * MIB }));
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await proxy.stop();
  await rm(root, { recursive: true, force: true });
});

const push = (signal = new AbortController().signal) =>
  graft(['push', join(root, 'model'), '--bucket', bucket, '--key', join(root, 'key.pem'), '--json'], {
    signal,
  });
/** Numbers of the parts that the agent has noted as finished. */
async function recorded(): Promise<number[]> {
  const [entry = ''] = await spooled();
  const path = join(root, 'state', 'spool', entry, 'parts', 'model.onnx.log');
  const text = await readFile(path, 'utf8').catch(() => '');
  return [...text.matchAll(/^\{"part":(\d+)/gm)].map(([, part]) => Number(part));
}

/** Interrupts a push when two parts have arrived and part 4 or 5 is about to be sent. */
async function interrupted(): Promise<number[]> {
  const interruption = new AbortController();
  fault = (seen) => partOf(seen) >= 4;
  const run = push(interruption.signal);
  await vi.waitFor(async () => expect((await recorded()).length).toBeGreaterThanOrEqual(2), {
    timeout: 30_000,
    interval: 5,
  });
  interruption.abort();
  expect((await run).code).toBe(130);
  fault = () => false;
  return recorded();
}
const uploads = async () =>
  (await s3.send(new ListMultipartUploadsCommand({ Bucket: bucket }))).Uploads ?? [];
const spooled = () => readdir(join(root, 'state', 'spool')).catch(() => []);

async function expectModel() {
  const Key = `general/icons/${version}/model.onnx`;
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
  const there = Buffer.from(await Body!.transformToByteArray());
  expect(there.equals(await readFile(join(root, 'model', 'model.onnx')))).toBe(true);
}

describe('an upload', () => {
  it('gets over errors, broken connections, throttling and expired credentials, one part at a time', async () => {
    const troubles: Record<number, Fault> = {
      1: (_seen, _request, response) => s3Error(response, 500, 'InternalError'),
      2: (_seen, request) => Boolean(request.destroy()),
      3: (_seen, _request, response) => s3Error(response, 400, 'ExpiredToken'),
      4: (_seen, _request, response) => s3Error(response, 503, 'SlowDown'),
      5: (_seen, _request, response) => s3Error(response, 400, 'BadDigest'),
    };
    fault = (seen, ...rest) => {
      const trouble = troubles[partOf(seen)];
      delete troubles[partOf(seen)];
      return trouble?.(seen, ...rest) ?? false;
    };

    const run = await push();

    expect(run).toMatchObject({ code: 0, last: { committed: true } });
    await expectModel();
    const stored = answers.filter(({ seen, status }) => partOf(seen) > 0 && status === 200);
    expect(stored.map(({ seen }) => partOf(seen)).sort()).toEqual([1, 2, 3, 4, 5]);
    const kinds = run.events.filter(({ trouble }) => trouble).map(({ trouble }) => trouble);
    expect(new Set(kinds)).toEqual(new Set(['server', 'network', 'credentials']));
    expect(run.events.filter(({ event }) => event === 'recovered')).not.toEqual([]);
  });

  it('commits once where the answers to its last steps are lost', async () => {
    const lost = new Set<string>();
    const loses = (seen: Seen, response: ServerResponse) => {
      const isLast =
        seen.method === 'POST' ? seen.path.includes('uploadId=') : seen.path.includes('manifest.json');
      if (seen.method === 'HEAD' || !isLast || lost.has(seen.method)) return;
      lost.add(seen.method);
      response.writeHead = () => {
        response.destroy();
        return response;
      };
    };
    fault = (seen, _request, response) => {
      loses(seen, response);
      return false;
    };

    const run = await push();

    expect(run).toMatchObject({ code: 0, last: { committed: true } });
    expect(lost).toEqual(new Set(['POST', 'PUT']));
    await expectModel();
    const manifests = answers.filter(
      ({ seen, status }) => seen.method === 'PUT' && seen.path.includes('manifest.json') && status === 200,
    );
    expect(manifests).toHaveLength(1);
    expect(await uploads()).toEqual([]);
  });

  it('begins again where S3 does not know it any more', async () => {
    await interrupted();
    for (const { Key, UploadId } of await uploads()) {
      await s3.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }));
    }

    expect(await push()).toMatchObject({ code: 0, last: { committed: true } });
    await expectModel();
  });

  it('goes by its own record where it may not list parts', async () => {
    const before = await interrupted();
    answers.splice(0);
    fault = (seen, _request, response) =>
      seen.method === 'GET' && seen.path.includes('uploadId=')
        ? s3Error(response, 403, 'AccessDenied')
        : false;

    expect(await push()).toMatchObject({ code: 0, last: { committed: true } });
    await expectModel();
    const sent = answers.map(({ seen }) => partOf(seen)).filter((part) => part > 0);
    expect(before.length).toBeGreaterThanOrEqual(2);
    expect(sent.filter((part) => before.includes(part))).toEqual([]);
  });

  it('refuses a file that was changed after it was spooled, and drops what had arrived of it', async () => {
    await interrupted();
    // The spool holds a hard link, so whoever writes into the model's own file writes into the spooled one.
    const file = await open(join(root, 'model', 'model.onnx'), 'r+');
    await file.write(Buffer.from('changed'), 0, 7, 21 * MIB);
    await file.close();
    const entry = join(root, 'state', 'spool', (await spooled())[0]!);
    const { uploadEntry } = await import('../../../onprem-agent/upload/upload-entry.ts');
    const { readEntry } = await import('../../../onprem-agent/spool/entry.ts');
    const { createThrottle } = await import('../../../onprem-agent/upload/throttle.ts');
    const upload = uploadEntry((await readEntry(entry))!, {
      state: join(root, 'state'),
      environment: process.env,
      throttle: createThrottle({ limit: () => Number.POSITIVE_INFINITY }),
      patient: true,
      onProgress: () => {},
      onFailure: () => {},
      onRecovery: () => {},
      now: () => performance.now(),
      signal: new AbortController().signal,
    });

    await expect(upload).rejects.toMatchObject({
      name: 'IntegrityViolation',
      message: expect.stringMatching(/content has changed \(SHA-256/),
    });
    const again = await push();
    expect(again.last.message).toMatch(/model\.onnx .* its content has changed/);
  });

  it('is given up where access is denied, and stays in the spool if some of it has arrived', async () => {
    fault = (seen, _request, response) =>
      partOf(seen) === 3 ? s3Error(response, 403, 'AccessDenied') : false;

    const run = await push();

    expect(run).toMatchObject({ code: 1, last: { name: 'AwsAccess' } });
    const arrived = answers.filter(({ seen, status }) => partOf(seen) > 0 && status === 200);
    expect(arrived).toHaveLength(4);
    const { last } = await graft(['status', '--json']);
    expect(last.spool).toMatchObject([{ state: 'failed', reason: expect.stringMatching(/access denied/) }]);
    expect((await graft(['cancel', last.spool[0].id, '--json'])).last).toMatchObject({ dropped: 1 });
    expect(await uploads()).toEqual([]);
  });
});
