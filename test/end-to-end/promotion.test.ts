import { copyFile, readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { batchPageSchema } from '#core/api/batches.ts';
import { predictionAnswerSchema } from '#core/api/predictions.ts';
import { evaluationSchema } from '#core/contracts/evaluation.ts';
import { type Manifest, manifestSchema } from '#core/contracts/manifest.ts';
import { type Champion, championSchema } from '#core/contracts/outcome.ts';
import { reportSchema } from '#core/contracts/report.ts';
import {
  championKey,
  decisionKey,
  domainKey,
  evaluationKey,
  generalModelPrefix,
  reportKey,
} from '#core/keys.ts';
import { dataExecutionName, executionName } from '#core/names.ts';
import { signBytes } from '#core/signature.ts';
import { makeDomainFolder, type Stack, startStack, tinyDomain, tinyLabels, trainTinyModel } from './stack.ts';

// Longer than `EXECUTION_LIMIT_MS`, so that a promotion that hangs is named.
vi.setConfig({ testTimeout: 150_000 });

let stack: Stack;
let model: { folder: string; version: string };
let testImages: string;
const key = inject('signingKey');
const inStack = ['--stack', 'graft-dev'];

beforeAll(async () => {
  stack = await startStack();
  const domainFolder = await makeDomainFolder(join(stack.folder, 'shapes'), tinyDomain('shapes'));
  testImages = join(domainFolder, 'test');
  model = await trainTinyModel(stack);
  await stack.graft('data', 'push', domainFolder, '--domain', 'shapes', '--stack', 'graft-dev');
  await stack.graft('push', model.folder, '--key', key, '--stack', 'graft-dev');
}, 240_000);

afterAll(() => stack?.close());

const anImage = async () => {
  const [first] = (await readdir(join(testImages, tinyLabels[1]!))).sort();
  return readFile(join(testImages, tinyLabels[1]!, first!));
};

describe('a model that is dropped into S3', () => {
  test('is promoted by the event to a live endpoint, which the REST API asks', async () => {
    const name = executionName('tiny', model.version);
    const execution = await stack.ended(stack.executionArn(name));
    expect(execution.cause).toBeUndefined();
    expect(execution.status).toBe('SUCCEEDED');

    const outcome = await stack.outcome(name, 'shapes');
    expect(outcome).toMatchObject({
      outcome: 'DEPLOYED',
      endpoint: 'graft-dev-shapes',
      version: model.version,
    });
    const champion = JSON.parse(await stack.get(stack.buckets.artifacts, championKey('shapes')));
    const endpoint = await stack.endpoint('shapes');
    expect(endpoint).toMatchObject({
      EndpointStatus: 'InService',
      EndpointConfigName: champion.endpointConfig,
    });

    const response = await stack.ask('shapes', await anImage());
    expect(response.status).toBe(200);
    const answer = predictionAnswerSchema.parse(await response.json());
    expect(answer.predictions.map((prediction) => prediction.label).sort()).toEqual([...tinyLabels].sort());
    expect(answer.general.version).toBe(model.version);
    expect(answer.unsure).toBe(answer.outOfDomain! > 0.5);
    expect(response.headers.get('x-request-id')).toBe(answer.requestId);
  });

  test('predicts a folder in S3 as a batch, a broken image or not', async () => {
    const folder = `s3://${stack.buckets.data}/domains/shapes/photographs/`;
    const photographs = 'domains/shapes/photographs';
    await stack.put(stack.buckets.data, `${photographs}/a/one.png`, await anImage());
    await stack.put(stack.buckets.data, `${photographs}/a/two`, await anImage());
    await stack.put(stack.buckets.data, `${photographs}/broken.png`, 'no image');
    const out = join(stack.folder, 'results.csv');
    const asked = ['predict', folder, '--domain', 'shapes', '--out', out, '--stack', 'graft-dev'];

    const { code, last } = await stack.run(...asked, '--api-key', stack.apiKey);
    expect({ code, last }).toMatchObject({ code: 4, last: { images: 3, predicted: 2, failed: 1 } });

    const [, one, two, broken] = (await readFile(out, 'utf8')).split('\n');
    const { predictions } = predictionAnswerSchema.parse(
      await (await stack.ask('shapes', await anImage())).json(),
    );
    const probability = predictions[0]!.probability.toFixed(6);
    expect(one).toContain(`a/one.png,${predictions[0]!.label},${probability},`);
    expect(two).toContain(`a/two,${predictions[0]!.label},${probability},`);
    expect(broken).toMatch(/^broken\.png,,,,,,,"?The image cannot be decoded/);
    const headers = { 'x-api-key': stack.apiKey };
    const listed = await fetch(`${stack.outputs.ApiUrl}/domains/shapes/batches`, { headers });
    const { items } = batchPageSchema.parse(await listed.json());
    expect(items).toMatchObject([{ status: 'SUCCEEDED' }]);
    await vi.waitFor(async () => expect(await stack.modelsOfBatches()).toEqual([]), { timeout: 60_000 });
  });

  test('leaves a report and a registered model, from which its lineage is told', async () => {
    const name = executionName('tiny', model.version);
    const read = (form: 'html' | 'json') =>
      stack.get(stack.buckets.artifacts, reportKey(name, 'shapes', form));
    const report = reportSchema.parse(JSON.parse(await read('json')));
    expect(report).toMatchObject({
      outcome: 'DEPLOYED',
      scores: { transfer: { unsure: { other: { images: 3, auroc: expect.any(Number) } } } },
      cost: { jobs: [{ status: 'Completed' }, { status: 'Completed' }], total: expect.any(Number) },
      lineage: { modelPackage: expect.stringContaining('model-package/graft-dev-shapes/') },
    });
    expect(await read('html')).toContain('Café au lait');

    expect(await stack.graft('lineage', 'shapes')).toMatchObject({
      modelPackage: { arn: report.lineage.modelPackage, approval: 'Approved' },
      execution: name,
      generalVersion: model.version,
      testDigest: report.lineage.data!.testDigest,
      generalDataSetDigest: report.lineage.generalDataSet!.digest,
    });
  });

  test('is promoted once, however often the manifest arrives', async () => {
    const manifest = await readFile(join(model.folder, 'manifest.json'));
    await stack.put(
      stack.buckets.models,
      `${generalModelPrefix('tiny', model.version)}manifest.json`,
      manifest,
    );
    const again = await stack.ended(stack.executionArn(executionName('tiny', model.version)));

    expect(again.status).toBe('SUCCEEDED');
    expect((await stack.endpoint('shapes')).EndpointStatus).toBe('InService');
  });
});

/** Puts a domain that the agent would refuse; `domain.json` last, which says that the images are complete. */
async function putWithoutAgent(
  domain: string,
  folder: string,
  contentOf: (key: string, bytes: Uint8Array) => Uint8Array | string = (_key, bytes) => bytes,
) {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name === 'domain.json') continue;
    const path = join(entry.parentPath, entry.name);
    const key = `domains/${domain}/${relative(folder, path)}`;
    await stack.put(stack.buckets.data, key, contentOf(key, await readFile(path)));
  }
  await stack.put(stack.buckets.data, domainKey(domain), await readFile(join(folder, 'domain.json')));
}

/** The execution that the arrival of a domain's `domain.json` starts. */
async function executionOfArrival(domain: string): Promise<string> {
  const { VersionId } = await stack.s3.send(
    new HeadObjectCommand({ Bucket: stack.buckets.data, Key: domainKey(domain) }),
  );
  return dataExecutionName('tiny', model.version, domain, VersionId!);
}

/** With the roles of the packaged template, so that a permission that is missing fails here. */
describe.sequential('a domain whose data come after the model', () => {
  const approval = { required: true, timeoutSeconds: 3600 };
  let folder: string;
  beforeAll(async () => {
    folder = await makeDomainFolder(join(stack.folder, 'late'), tinyDomain('late', { approval }));
  });
  const push = () => stack.graft('data', 'push', folder, '--domain', 'late', ...inStack);

  test('is promoted by their arrival, when a person has approved it', async () => {
    expect(await push()).toMatchObject({ committed: true });
    const name = await executionOfArrival('late');
    await stack.untilItAsks(name, 'late');
    const { waiting } = await stack.graft('approvals', ...inStack);
    expect(waiting).toMatchObject([{ execution: name, domain: 'late' }]);
    await stack.graft('approve', 'late', '--execution', name, '--by', 'jane', ...inStack);

    const execution = await stack.ended(stack.executionArn(name));
    expect(execution.cause).toBeUndefined();
    expect(await stack.outcome(name, 'late')).toMatchObject({
      outcome: 'DEPLOYED',
      version: model.version,
      approval: { approved: true, by: 'jane' },
    });
    expect((await stack.ask('late', await anImage())).status).toBe(200);
  }, 600_000);

  test('starts nothing when they are pushed again unchanged', async () => {
    expect(await push()).toMatchObject({ committed: false, uploaded: 0 });
  });
});

describe.sequential('a domain that has been deployed to', () => {
  test('is judged once more without being touched', async () => {
    const { execution: trainingOf } = JSON.parse(
      await stack.get(stack.buckets.artifacts, championKey('shapes')),
    );

    const execution = await stack.promote(
      { model: 'tiny', version: model.version, domains: ['shapes'], gateOnly: { trainingOf } },
      'gate-only',
    );

    expect(execution.cause).toBeUndefined();
    expect(await stack.outcome('gate-only', 'shapes')).toMatchObject({
      outcome: 'EVALUATED',
      reason: expect.stringContaining('The gate says yes'),
    });
  });
});

describe.sequential('a model that replaces another', () => {
  let before: Champion;

  test('is compared with it on the same images, which the transfer job scores it on', async () => {
    before = championSchema.parse(
      JSON.parse(await stack.get(stack.buckets.artifacts, championKey('shapes'))),
    );
    const execution = await stack.promote(
      { model: 'tiny', version: model.version, domains: ['shapes'] },
      'shapes-again',
    );

    expect(execution.status).toBe('SUCCEEDED');
    const outcome = await stack.outcome('shapes-again', 'shapes');
    const row = outcome.gate?.find(({ rule }) => rule === 'no-regression');
    expect(row?.observed).toMatch(new RegExp(`against champion ${model.version} \\(p of a loss`));
    const key = evaluationKey('shapes-again', 'shapes', 'transfer');
    const evaluation = evaluationSchema.parse(JSON.parse(await stack.get(stack.buckets.artifacts, key)));
    expect(evaluation.champion).toMatchObject({ trainingJob: before.trainingJob, version: model.version });
    const own = JSON.parse(await stack.get(stack.buckets.artifacts, before.evaluationKey));
    expect(evaluation.champion!.rows).toEqual(own.rows);
  });

  test('takes over its baseline, since data, recipe and architecture are the same', async () => {
    const key = decisionKey('shapes-again', 'shapes');
    const decision = JSON.parse(await stack.get(stack.buckets.artifacts, key));

    expect(decision.baselineReusedFrom).toBe(executionName('tiny', model.version));
  });

  test('gives way to it again when a person rolls back', async () => {
    expect((await stack.endpoint('shapes')).EndpointConfigName).not.toBe(before.endpointConfig);

    const done = await stack.graft('rollback', 'shapes', '--by', 'jane', ...inStack);

    expect(done).toMatchObject({ outcome: 'DEPLOYED' });
    expect(await stack.endpoint('shapes')).toMatchObject({
      EndpointStatus: 'InService',
      EndpointConfigName: before.endpointConfig,
    });
    expect((await stack.ask('shapes', await anImage())).status).toBe(200);
  });
});

describe('images that cannot show what the policy asks', () => {
  test('end the promotion before any job is started', async () => {
    const folder = await makeDomainFolder(join(stack.folder, 'hopeless'), tinyDomain('hopeless'));
    const [label] = tinyLabels as [string];
    const [first] = (await readdir(join(folder, 'train', label))).sort();
    await copyFile(join(folder, 'train', label, first!), join(folder, 'test', label, 'copy.png'));
    await putWithoutAgent('hopeless', folder);

    const name = await executionOfArrival('hopeless');
    await stack.ended(stack.executionArn(name));

    const outcome = await stack.outcome(name, 'hopeless');
    expect(outcome).toMatchObject({
      outcome: 'FAILED',
      reason: expect.stringMatching(/in test\/ and in train\/ too.*copy\.png is train\//),
    });
    expect(outcome).not.toHaveProperty('gate');
  });
});

/** Everything below must leave what is live as it is. */
describe('bad input', () => {
  let before: { config: string | undefined; answer: unknown };
  const live = async () => {
    const answer = predictionAnswerSchema.parse(await (await stack.ask('shapes', await anImage())).json());
    const { requestId: _, latencyMs: _times, ...ofTheModel } = answer;
    return { config: (await stack.endpoint('shapes')).EndpointConfigName, answer: ofTheModel };
  };
  beforeAll(async () => {
    before = await live();
  });

  /**
   * Uploads the model under another version with `change` done to it, and waits for the promotion that the
   * event starts.
   */
  async function pushDamaged(
    version: string,
    change: (files: {
      manifest: Manifest;
      bytes: Map<string, Uint8Array>;
      sign(manifestBytes: Uint8Array): string;
    }) => { manifestBytes?: Uint8Array; signature?: string } | undefined,
  ) {
    const manifest = manifestSchema.parse(
      JSON.parse(await readFile(join(model.folder, 'manifest.json'), 'utf8')),
    );
    manifest.version = version;
    const bytes = new Map<string, Uint8Array>();
    for (const { name } of manifest.files) bytes.set(name, await readFile(join(model.folder, name)));
    const pem = await readFile(key, 'utf8');
    const sign = (manifestBytes: Uint8Array) => signBytes(manifestBytes, pem);

    const changed = change({ manifest, bytes, sign }) ?? {};
    const manifestBytes = changed.manifestBytes ?? Buffer.from(JSON.stringify(manifest));
    const prefix = generalModelPrefix('tiny', version);
    for (const [name, content] of bytes) await stack.put(stack.buckets.models, prefix + name, content);
    await stack.put(stack.buckets.models, `${prefix}manifest.sig`, changed.signature ?? sign(manifestBytes));
    await stack.put(stack.buckets.models, `${prefix}manifest.json`, manifestBytes);
    return stack.ended(stack.executionArn(executionName('tiny', version)));
  }
  const withField = (manifest: Manifest, field: Record<string, unknown>) =>
    Buffer.from(JSON.stringify({ ...manifest, ...field }));

  test.each<[string, string, Parameters<typeof pushDamaged>[1], string, RegExp]>([
    [
      'a missing file',
      '20200101T000000Z-000001',
      ({ bytes }) => void bytes.delete('model.onnx'),
      'IntegrityViolation',
      /model\.onnx/,
    ],
    [
      'a changed byte',
      '20200101T000000Z-000002',
      ({ bytes }) => {
        const graph = Uint8Array.from(bytes.get('model.onnx')!);
        graph[100]! ^= 1;
        bytes.set('model.onnx', graph);
        return undefined;
      },
      'IntegrityViolation',
      /model\.onnx/,
    ],
    [
      'a signature for other bytes',
      '20200101T000000Z-000003',
      ({ sign }) => ({ signature: sign(Buffer.from('something else')) }),
      'IntegrityViolation',
      /manifest\.sig/,
    ],
    [
      'an unknown field',
      '20200101T000000Z-000004',
      ({ manifest }) => ({ manifestBytes: withField(manifest, { colour: 'blue' }) }),
      'InvalidInput',
      /colour/,
    ],
    [
      'an older schema version',
      '20200101T000000Z-000005',
      ({ manifest }) => ({ manifestBytes: withField(manifest, { schemaVersion: 0 }) }),
      'InvalidInput',
      /schemaVersion/,
    ],
  ])('a manifest with %s fails the promotion by name', async (_what, version, change, error, cause) => {
    const execution = await pushDamaged(version, change);

    expect(execution.status).toBe('FAILED');
    expect(execution.error).toBe(error);
    expect(execution.cause).toMatch(cause);
    expect(await live()).toEqual(before);
  });

  test('an input that is no promotion names its field', async () => {
    const execution = await stack.promote({ model: 'tiny', version: model.version, domain: 'shapes' });

    expect(execution).toMatchObject({ status: 'FAILED', error: 'InvalidInput' });
    expect(execution.cause).toMatch(/domain/);
  });

  test('labels and folders that disagree fail that domain and no other', async () => {
    const settings = tinyDomain('disagreeing', { labels: [...tinyLabels, 'nowhere'] });
    const folder = await makeDomainFolder(join(stack.folder, 'disagreeing'), settings);
    // The agent would refuse it, so it comes past the agent.
    await expect(
      stack.graft('data', 'push', folder, '--domain', 'disagreeing', '--stack', 'graft-dev'),
    ).rejects.toThrow(/nowhere/);
    await stack.put(stack.buckets.data, domainKey('disagreeing'), JSON.stringify(settings));

    const execution = await stack.promote(
      { model: 'tiny', version: model.version, domains: ['disagreeing'] },
      'labels-and-folders-disagree',
    );

    expect(execution.status).toBe('FAILED');
    const outcome = await stack.outcome('labels-and-folders-disagree', 'disagreeing');
    expect(outcome.outcome).toBe('FAILED');
    expect(outcome.reason).toMatch(/nowhere|folder|label/);
    expect(await live()).toEqual(before);
  });

  test('a training job that fails is its domain’s outcome, with the job’s own reason', async () => {
    const folder = await makeDomainFolder(join(stack.folder, 'unreadable'), tinyDomain('unreadable'));
    // Different contents under names of images: only the job's decoder can tell that they are none.
    await putWithoutAgent('unreadable', folder, (key) => `not an image: ${key}`);

    const name = await executionOfArrival('unreadable');
    const execution = await stack.ended(stack.executionArn(name));

    expect(execution.status).toBe('FAILED');
    const outcome = await stack.outcome(name, 'unreadable');
    expect(outcome.outcome).toBe('FAILED');
    expect(outcome.reason).toMatch(/Training job .* failed: AlgorithmError: .* cannot be read/);
    expect(await stack.failedJobs('unreadable')).not.toEqual([]);
    expect(await live()).toEqual(before);
  });

  test('a gate that is not met rejects the model and deploys nothing', async () => {
    // A baseline that recognises nothing at all: possible by the numbers, so that the images pass the checks,
    // and never so.
    const gate = { ...tinyDomain('strict').gate, minimumTestImages: 18, minimumUplift: 1 };
    const folder = await makeDomainFolder(join(stack.folder, 'strict'), tinyDomain('strict', { gate }));
    await stack.graft('data', 'push', folder, '--domain', 'strict', '--stack', 'graft-dev');

    const name = await executionOfArrival('strict');
    const execution = await stack.ended(stack.executionArn(name));

    expect(execution.status).toBe('SUCCEEDED');
    const outcome = await stack.outcome(name, 'strict');
    expect(outcome.outcome).toBe('REJECTED');
    expect(outcome.gate?.find((row) => row.rule === 'uplift-over-baseline')?.passed).toBe(false);
    const answer = await stack.ask('strict', await anImage());
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
  });

  test.each<[string, string, () => Promise<Uint8Array | string | undefined>, Record<string, string>, number]>(
    [
      ['no body', 'shapes', async () => undefined, {}, 400],
      ['a text file', 'shapes', async () => 'hello', {}, 400],
      ['a wrong content type', 'shapes', anImage, { 'content-type': 'text/plain' }, 415],
      ['20 MB', 'shapes', async () => new Uint8Array(20_000_000), {}, 413],
      ['a bad key', 'shapes', anImage, { 'x-api-key': 'wrong' }, 403],
      ['a domain that nobody has', 'nobody', anImage, {}, 404],
      ['a domain that cannot be', 'No_Domain', anImage, {}, 404],
    ],
  )('a REST call with %s is answered with its status', async (_what, domain, body, headers, status) => {
    const response = await stack.ask(domain, await body(), headers);

    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(await response.json()).toMatchObject({
      status,
      title: expect.any(String),
      detail: expect.any(String),
      instance: expect.stringMatching(/^urn:request:[\w-]{36}$/),
    });
    expect(await live()).toEqual(before);
  });

  test('a REST call with several images is answered for each, in their order', async () => {
    const image = Buffer.from(await anImage()).toString('base64');
    const instances = [{ image }, { image: `data:image/png;base64,${image}` }];
    const response = await stack.ask('shapes', JSON.stringify({ instances }), {
      'content-type': 'application/json',
    });

    expect(response.status).toBe(200);
    const { predictions } = (await response.json()) as { predictions: { predictions: unknown[] }[] };
    expect(predictions).toHaveLength(2);
    expect(predictions[1]!.predictions).toEqual(predictions[0]!.predictions);
  });
});
