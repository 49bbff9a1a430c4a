import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import type { LocalAws } from 'local-aws';
import { createS3 } from 'local-aws/services';
import { startLocal } from 'local-aws/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { agentStatusSchema } from '#core/contracts/agent-status.ts';
import { writeNewKey } from '../../../../onprem-agent/model-folder/signing-key.ts';
import { makeImageFolder } from '../../../fixtures/images.ts';
import { graft, spawnGraft } from '../../cli.ts';
import { makeModelFolder } from '../../model-fixture.ts';
import { s3Error, startProxy } from '../../proxy.ts';

const MIB = 1024 * 1024;
const SOON = { timeout: 60_000, interval: 50 };
let local: LocalAws;
let s3: S3Client;
let root: string;
let state: string;
let bucket: string;
let count = 0;
const children: ReturnType<typeof spawnGraft>[] = [];

beforeAll(async () => {
  local = await startLocal({ services: [createS3] });
  s3 = local.client(S3Client);
});
afterAll(() => local.stop());
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'graft-watch-'));
  state = join(root, 'state');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ENDPOINT_URL', local.endpoint);
  vi.stubEnv('GRAFT_STATE', state);
  await writeNewKey(join(root, 'key.pem'));
  bucket = `watch-${++count}`;
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
});
afterEach(async () => {
  for (const { child, done } of children.splice(0)) {
    child.kill('SIGTERM');
    await done;
  }
  vi.unstubAllEnvs();
  await rm(root, { recursive: true, force: true });
});

function watch(...more: string[]) {
  const words = ['watch', '--bucket', bucket, '--key', join(root, 'key.pem'), '--settle', '0', '--json'];
  const started = spawnGraft([...words, '--metrics-port', '0', ...more]);
  children.push(started);
  const events = () =>
    started
      .stdout()
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line));
  const event = (name: string) =>
    vi.waitFor(() => {
      const found = events().find((each) => each.event === name);
      if (found === undefined) throw new Error(`no ${name}: ${started.stdout()} ${started.stderr()}`);
      return found;
    }, SOON);
  return { ...started, event };
}
const push = (folder: string, ...more: string[]) =>
  graft(['push', folder, '--bucket', bucket, '--key', join(root, 'key.pem'), '--json', ...more]);
const status = async () => (await graft(['status', '--json'])).last;
const keys = async () => {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket }));
  return Contents.map(({ Key }) => Key!.split('/').at(-1));
};

describe('graft watch', () => {
  it('uploads what is pushed into the spool and what it finds complete, is alone, and stops when told to', async () => {
    const models = join(root, 'models');
    await mkdir(join(models, 'unfinished'), { recursive: true });
    const found = await makeModelFolder(join(models, 'found'), {
      createdAt: new Date('2026-11-20T00:00:00Z'),
    });
    const pushed = await makeModelFolder(join(root, 'pushed'), { bytes: 2 * MIB });
    const service = watch('--models', models);
    const { port } = await service.event('serving');

    const spooled = await push(join(root, 'pushed'));
    expect(spooled).toMatchObject({ code: 0, last: { spooled: true, version: pushed.version } });
    const waited = await push(join(root, 'pushed'), '--wait');
    expect(waited).toMatchObject({ code: 0, last: { ok: true, version: pushed.version } });
    await vi.waitFor(async () => expect(await keys()).toHaveLength(6), SOON);

    const { spool, results, service: holder } = await status();
    expect(holder).toMatchObject({ pid: service.child.pid });
    expect(spool).toEqual([]);
    expect(results.map((each: { version: string }) => each.version)).toEqual(
      expect.arrayContaining([found.version, pushed.version]),
    );
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(metrics).toMatch(/^graft_uploads_total\{result="done"\} [23]$/m);
    expect(metrics).toMatch(/^graft_spool_entries\{state="waiting"\} 0$/m);
    expect(await (await fetch(`http://127.0.0.1:${port}/healthz`)).json()).toEqual({ ok: true });
    const told = agentStatusSchema.parse(await (await fetch(`http://127.0.0.1:${port}/status`)).json());
    expect(told).toMatchObject({ state, service: { pid: service.child.pid }, spool: [], results });

    const elsewhere = { GRAFT_STATE: join(root, 'other-state') };
    const samePort = await graft(['watch', '--json', '--metrics-port', `${port}`], {
      environment: { ...process.env, ...elsewhere },
    });
    expect(samePort).toMatchObject({ code: 1, last: { hint: expect.stringContaining('--metrics-port') } });

    const second = await graft(['watch', '--json', '--metrics-port', 'none']);
    expect(second).toMatchObject({ code: 1, last: { name: 'InvalidInput' } });
    expect(second.last.message).toContain(`process ${service.child.pid}`);

    service.child.kill('SIGTERM');
    expect(await service.done).toMatchObject({ code: 0, last: { command: 'watch', stopped: true } });
    expect((await status()).service).toBeNull();
  });

  it('goes on after it was killed, says what it waits for, and drops what is cancelled', async () => {
    await makeModelFolder(join(root, 'model'), { bytes: 22 * MIB });
    let isDown = true;
    const sent: string[] = [];
    const proxy = await startProxy(local.endpoint, ({ method, path }, _request, response) => {
      if (method === 'PUT') sent.push(path);
      return isDown && path.includes('partNumber=3') ? s3Error(response, 503, 'SlowDown') : false;
    });
    vi.stubEnv('AWS_ENDPOINT_URL', proxy.url);
    const first = watch();
    await first.event('serving');
    const { id } = (await push(join(root, 'model'))).last;
    await vi.waitFor(async () => {
      expect((await status()).spool[0]).toMatchObject({ id, state: 'trying', reason: expect.any(String) });
    }, SOON);
    first.child.kill('SIGKILL');
    await first.done;
    expect((await status()).service).toBeNull();

    const before = sent.splice(0).filter((path) => !path.includes('partNumber=3'));
    isDown = false;
    await watch().event('uploaded');
    expect(before.filter((path) => path.includes('partNumber=')).some((path) => sent.includes(path))).toBe(
      false,
    );
    expect(await keys()).toEqual(['manifest.json', 'manifest.sig', 'model.onnx']);

    isDown = true;
    await makeModelFolder(join(root, 'model'), {
      bytes: 22 * MIB,
      createdAt: new Date('2026-11-24T00:00:00Z'),
    });
    const next = (await push(join(root, 'model'))).last.id;
    await vi.waitFor(async () => expect((await status()).spool[0]).toMatchObject({ state: 'trying' }), SOON);
    expect(await graft(['cancel', next, '--json'])).toMatchObject({ code: 0, last: { id: next } });
    await vi.waitFor(async () => expect((await status()).spool).toEqual([]), SOON);
    expect((await s3.send(new ListMultipartUploadsCommand({ Bucket: bucket }))).Uploads).toBeUndefined();
    await proxy.stop();
  });
});

describe('graft watch --train', () => {
  it('trains with the settings of `graft.yml` when it is time, and uploads what comes of it', async () => {
    const images = join(root, 'images');
    await makeImageFolder(images, { labels: ['apple', 'pear'], perLabel: 8 });
    const settings = 'train: { model: fruit, size: 16, epochs: 1, backend: wasm }';
    await writeFile(join(root, 'settings.yml'), settings);
    const service = watch(
      ...['--config', join(root, 'settings.yml'), '--train', `${images}=${join(root, 'models', 'fruit')}`],
      // With a field for seconds: always.
      ...['--train-at', '* * * * * *'],
    );

    const { model } = await service.event('uploaded');
    expect(model).toBe('fruit');
    await service.event('unchanged');
    const { port } = await service.event('serving');
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(metrics).toMatch(/^graft_trainings_total\{result="done"\} 1$/m);
    const { trainings } = await status();
    expect(trainings).toMatchObject([{ images, state: 'unchanged', next: expect.any(String) }]);
  });

  it.each([
    ['0 25 * * *', /--train-at is "0 25 \* \* \*": .*25/],
    ['0 0 31 2 *', /never comes/],
    ['nightly', /--train-at is "nightly"/],
  ])('refuses the schedule "%s"', async (schedule, message) => {
    const words = ['watch', '--train', `${root}=${join(root, 'model')}`, '--train-at', schedule, '--json'];
    const { code, last } = await graft(words);

    expect(code).toBe(2);
    expect(last.message).toMatch(message);
    expect(last.hint).toContain('crontab');
  });
});

describe('graft cancel', () => {
  it('names what waits when it is asked for something else', async () => {
    await makeModelFolder(join(root, 'model'));
    vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:1');
    expect((await push(join(root, 'model'))).code).toBe(1);
    const [id] = await readdir(join(state, 'spool'));
    expect((await status()).spool[0]).toMatchObject({
      id,
      state: 'failed',
      reason: expect.stringMatching(/reached/),
    });

    expect((await graft(['cancel', '../..', '--json'])).last.hint).toContain(id);
    expect(await graft(['cancel', id!, '--json'])).toMatchObject({ code: 0 });
    expect(await readdir(join(state, 'spool'))).toEqual([]);
  });

  it('shows an entry whose record is damaged', async () => {
    await mkdir(join(state, 'spool', 'broken'), { recursive: true });
    await writeFile(join(state, 'spool', 'broken', 'entry.json'), '{');

    expect((await status()).damaged).toEqual([
      { folder: join(state, 'spool', 'broken'), reason: expect.stringMatching(/is not JSON/) },
    ]);
  });
});
