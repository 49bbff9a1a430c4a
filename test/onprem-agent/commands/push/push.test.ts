import { chmod, copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { LocalAws } from 'local-aws';
import { createS3 } from 'local-aws/services';
import { startLocal } from 'local-aws/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { verifyBytes } from '../../../../core/signature.ts';
import { versionTime } from '../../../../core/versions.ts';
import { writeNewKey } from '../../../../onprem-agent/model-folder/signing-key.ts';
import { graft, type Run } from '../../cli.ts';
import { makeModelFolder } from '../../model-fixture.ts';
import { s3Error, startProxy } from '../../proxy.ts';

const PREFIX = 'general/icons/';
let local: LocalAws;
let s3: S3Client;
let root: string;
let folder: string;
let key: string;
let publicKey: string;
let bucket: string;
let count = 0;

beforeAll(async () => {
  local = await startLocal({ services: [createS3] });
  s3 = local.client(S3Client);
});
afterAll(() => local.stop());

beforeEach(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ENDPOINT_URL', local.endpoint);
  vi.stubEnv('AWS_MAX_ATTEMPTS', '1');
  root = await mkdtemp(join(tmpdir(), 'graft-push-'));
  vi.stubEnv('HOME', root);
  vi.stubEnv('XDG_CONFIG_HOME', '');
  vi.stubEnv('GRAFT_STATE', join(root, 'state'));
  folder = join(root, 'model');
  key = join(root, 'key.pem');
  publicKey = await writeNewKey(key);
  bucket = `models-${++count}`;
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(root, { recursive: true, force: true });
});

const words = (...more: string[]) => [
  ...['push', folder, '--bucket', bucket, '--key', key, '--json'],
  ...more,
];
const push = (...more: string[]) => graft(words(...more));

/**
 * A push that a person interrupts when a request of this kind arrives, which gets no answer, and the same
 * push once more, both by way of one proxy.
 */
async function interruptedAndAgain(isLast: (path: string) => boolean, between = async () => {}) {
  const interruption = new AbortController();
  const proxy = await startProxy(local.endpoint, ({ method, path }) => {
    if (interruption.signal.aborted || method !== 'PUT' || !isLast(path)) return false;
    interruption.abort();
    return true;
  });
  try {
    const line = words('--endpoint-url', proxy.url);
    const first = await graft(line, { signal: interruption.signal });
    expect(first).toMatchObject({ code: 130, last: { message: 'Interrupted' } });
    expect(first.events.find(({ event }) => event === 'kept')).toMatchObject({ id: expect.any(String) });
    expect(await spooled()).toHaveLength(1);
    await between();
    const before = proxy.seen.splice(0);
    const again = await graft(line);
    expect(again.code).toBe(0);
    expect(await spooled()).toEqual([]);
    return { before, after: proxy.seen, again };
  } finally {
    await proxy.stop();
  }
}

const filesOf = (run: Run) => run.events.find(({ event }) => event === 'pushed').files;
const spooled = () => readdir(join(root, 'state', 'spool')).catch(() => []);

async function keys(): Promise<string[]> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: PREFIX }));
  return Contents.map(({ Key }) => Key!.split('/').at(-1)!);
}

async function read(name: string, version: string): Promise<Buffer> {
  const object = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: `${PREFIX}${version}/${name}` }));
  return Buffer.from(await object.Body!.transformToByteArray());
}

describe('graft push', () => {
  it('uploads the files, then the signature, then the manifest, and says where they are', async () => {
    const { version } = await makeModelFolder(folder);
    const proxy = await startProxy(local.endpoint);

    const run = await push('--endpoint-url', proxy.url);
    await proxy.stop();

    expect(run.stdout).toContain(`s3://${bucket}/${PREFIX}${version}/`);
    expect(run.code).toBe(0);
    expect(run.last).toMatchObject({ event: 'result', ok: true, model: 'icons', version, committed: true });
    const puts = proxy.seen
      .filter(({ method }) => method === 'PUT')
      .map(({ path }) => path.split(/[/?]/).at(-2));
    expect(puts).toEqual(['model.onnx', 'manifest.sig', 'manifest.json']);
    for (const name of ['model.onnx', 'manifest.json']) {
      expect((await read(name, version)).equals(await readFile(join(folder, name)))).toBe(true);
    }
    const signature = (await read('manifest.sig', version)).toString();
    verifyBytes(await read('manifest.json', version), signature, [publicKey]);
  });

  it('uses the key that `graft keygen` made when none is named', async () => {
    const { version } = await makeModelFolder(folder);
    const made = await graft(['keygen', '--json']);

    const run = await graft(['push', folder, '--bucket', bucket]);

    expect(run).toMatchObject({ code: 0, stdout: `s3://${bucket}/${PREFIX}${version}/\n` });
    const signature = (await read('manifest.sig', version)).toString();
    verifyBytes(await read('manifest.json', version), signature, [made.last.publicKey]);
  });

  it('does nothing when the same version is there already', async () => {
    await makeModelFolder(folder);
    await push();

    const again = await push();

    expect(again).toMatchObject({ code: 0, last: { ok: true, committed: false } });
  });

  it('does nothing when another tool has put the same bytes there', async () => {
    const { version } = await makeModelFolder(folder);
    await push();
    const Key = `${PREFIX}${version}/manifest.json`;
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: await read('manifest.json', version) }));

    expect(await push()).toMatchObject({ code: 0, last: { ok: true, committed: false } });
  });

  it('does not send again what another tool has put there under an uncommitted version', async () => {
    const { version } = await makeModelFolder(folder);
    const Body = await readFile(join(folder, 'model.onnx'));
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: `${PREFIX}${version}/model.onnx`, Body }));

    const run = await push();

    expect(run.events.find(({ event }) => event === 'pushed').files).toMatchObject({
      'model.onnx': 'already-there',
      'manifest.sig': 'uploaded',
    });
  });

  it('warns of a key that others can read', async () => {
    await makeModelFolder(folder);
    expect((await push()).events.filter(({ event }) => event === 'warning')).toEqual([]);
    await chmod(key, 0o640);

    const { events, code } = await push();

    expect(code).toBe(0);
    expect(events).toContainEqual(
      expect.objectContaining({
        event: 'warning',
        message: expect.stringMatching(/key\.pem" can be read by others/),
      }),
    );
  });

  it('refuses a version that lies in the future of S3’s clock, and gives it another one on demand', async () => {
    const createdAt = new Date(Date.now() + 3_600_000);
    const { version } = await makeModelFolder(folder, { createdAt });

    const refused = await push();
    expect(refused).toMatchObject({ code: 1, last: { name: 'InvalidInput' } });
    expect(refused.last.message).toMatch(new RegExp(`${version} lies in the future: S3's clock says 20`));
    expect(refused.last.hint).toContain('--redate');
    expect(await keys()).toEqual([]);

    const { last, code } = await push('--redate');
    expect(code).toBe(0);
    expect(last.version).not.toBe(version);
    expect(last.version.slice(-6)).toBe(version.slice(-6));
    expect(versionTime(last.version)).toBeLessThanOrEqual(Date.now() + 60_000);
    const bytes = await read('manifest.json', last.version);
    verifyBytes(bytes, (await read('manifest.sig', last.version)).toString(), [publicKey]);
    expect(bytes.equals(await readFile(join(folder, 'manifest.json')))).toBe(true);
    expect(JSON.parse(bytes.toString())).toMatchObject({ version: last.version });
  });

  it('never overwrites a version with another model', async () => {
    const { version } = await makeModelFolder(folder);
    await push();
    const before = await read('manifest.json', version);
    const text = before.toString().replace('"seconds": 1,', '"seconds": 2,');
    await writeFile(join(folder, 'manifest.json'), text);

    const run = await push();

    expect(run).toMatchObject({ code: 1, last: { event: 'error', name: 'IntegrityViolation' } });
    expect(run.last.message).toContain(`${version}/ is there already, with other content`);
    expect((await read('manifest.json', version)).equals(before)).toBe(true);
  });

  it('goes on after an interruption, without sending again what is there', async () => {
    await makeModelFolder(folder);

    const { again } = await interruptedAndAgain(
      (path) => path.includes('manifest.sig'),
      async () => expect(await keys()).toEqual(['model.onnx']),
    );

    expect(filesOf(again)).toEqual({
      'model.onnx': 'already-there',
      'manifest.sig': 'uploaded',
      'manifest.json': 'uploaded',
    });
  });

  it('replaces what another key signed, as long as the version is not committed', async () => {
    const { version } = await makeModelFolder(folder);

    await interruptedAndAgain(
      (path) => path.includes('manifest.json'),
      async () => {
        publicKey = await writeNewKey(key, { force: true });
      },
    );

    const signature = (await read('manifest.sig', version)).toString();
    verifyBytes(await read('manifest.json', version), signature, [publicKey]);
  });

  it('sends no part again that had arrived before an interruption', async () => {
    const { version } = await makeModelFolder(folder, { bytes: 42 * 1024 * 1024 });
    const partOf = (path: string) => Number(/partNumber=(\d+)/.exec(path)?.[1] ?? 0);
    const arrived: number[] = [];

    const { after, again } = await interruptedAndAgain(
      (path) => partOf(path) === 7,
      async () => {
        const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
        const { Key, UploadId } = Uploads[0]!;
        const { Parts = [] } = await s3.send(new ListPartsCommand({ Bucket: bucket, Key, UploadId }));
        arrived.push(...Parts.map(({ PartNumber }) => PartNumber!));
      },
    );

    expect(arrived.length).toBeGreaterThanOrEqual(3);
    const sent = after.map(({ path }) => partOf(path)).filter((part) => part > 0);
    // What was under way may still have arrived, so more may be there than was known between.
    expect(sent).toEqual([...new Set(sent)]);
    expect(sent).toContain(7);
    expect(sent.filter((part) => arrived.includes(part))).toEqual([]);
    expect(after.filter(({ path }) => path.endsWith('?uploads='))).toEqual([]);
    expect(filesOf(again)['model.onnx']).toBe('uploaded');
    const graph = await read('model.onnx', version);
    expect(graph.equals(await readFile(join(folder, 'model.onnx')))).toBe(true);
    expect((await s3.send(new ListMultipartUploadsCommand({ Bucket: bucket }))).Uploads).toBeUndefined();
  });

  it('works with a policy that allows writing only', async () => {
    await makeModelFolder(folder);
    const proxy = await startProxy(local.endpoint, ({ method }, _request, response) =>
      method === 'HEAD' ? s3Error(response, 403, 'Forbidden') : false,
    );

    const first = await push('--endpoint-url', proxy.url);
    const second = await push('--endpoint-url', proxy.url);
    await proxy.stop();

    expect(first).toMatchObject({ code: 0, last: { committed: true } });
    expect(second).toMatchObject({ code: 0, last: { committed: false } });
  });
});

describe('graft push refuses', () => {
  it.each<[string, () => Promise<unknown>, RegExp]>([
    ['a folder without a manifest', () => rm(join(folder, 'manifest.json')), /has no manifest\.json/],
    ['a missing file', () => rm(join(folder, 'model.onnx')), /has no model\.onnx/],
    [
      'a changed byte',
      async () => {
        const graph = await readFile(join(folder, 'model.onnx'));
        graph[500]! ^= 1;
        await writeFile(join(folder, 'model.onnx'), graph);
      },
      /model\.onnx .* its content has changed/,
    ],
    ['a file of another size', () => writeFile(join(folder, 'model.onnx'), 'x'), /1 bytes instead of 1000/],
    ['a manifest that is no JSON', () => writeFile(join(folder, 'manifest.json'), '{'), /is not JSON/],
    [
      'an unknown field in the manifest',
      async () => {
        const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8'));
        await writeFile(join(folder, 'manifest.json'), JSON.stringify({ ...manifest, colour: 'red' }));
      },
      /colour/,
    ],
    [
      'an older schema version',
      async () => {
        const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8'));
        await writeFile(join(folder, 'manifest.json'), JSON.stringify({ ...manifest, schemaVersion: 1 }));
      },
      /schemaVersion: expected 2, found 1: train or import again/,
    ],
    ['a file that is no key', () => copyFile(join(folder, 'model.onnx'), key), /is not a signing key/],
    ['a key that is not there', () => rm(key), /key\.pem" cannot be read/],
  ])('%s, before anything is sent', async (_what, spoil, message) => {
    await makeModelFolder(folder);
    await spoil();

    const run = await push();

    expect(run.last.message).toMatch(message);
    expect(run.last.hint ?? run.last.message).toMatch(/\w/);
    expect(run.code).toBe(1);
    expect(await keys()).toEqual([]);
  });

  it('an unsigned model without a key', async () => {
    await makeModelFolder(folder);

    const run = await graft(['push', folder, '--bucket', bucket]);

    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(/no signing key[\s\S]*graft keygen/);
  });
});

describe('graft push explains', () => {
  beforeEach(() => makeModelFolder(folder));

  it('a bucket that is not there', async () => {
    bucket = 'nowhere';

    expect((await push()).last.message).toMatch(/no such bucket/);
  });

  it('an endpoint that cannot be reached', async () => {
    const run = await push('--endpoint-url', 'http://127.0.0.1:1');

    expect(run.last).toMatchObject({ name: 'AwsAccess' });
    expect(run.last.message).toMatch(/cannot be reached \(ECONNREFUSED\)/);
    expect(run.last.hint).toContain('AWS_ENDPOINT_URL');
  });

  it('denied access', async () => {
    const proxy = await startProxy(local.endpoint, (_seen, _request, response) =>
      s3Error(response, 403, 'AccessDenied'),
    );
    const run = await push('--endpoint-url', proxy.url);
    await proxy.stop();

    expect(run.last.message).toMatch(/Cannot upload to s3:.*access denied/);
  });

  it('missing credentials', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined);
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');

    const run = await push();

    expect(run.last.message).toMatch(/no AWS credentials/);
    expect(run.last.hint).toContain('AWS_PROFILE');
  });

  it('a missing region', async () => {
    vi.stubEnv('AWS_REGION', undefined);

    const run = await push();

    expect(run.last.message).toMatch(/no AWS region/);
    expect(run.last.hint).toContain('--region');
  });
});
