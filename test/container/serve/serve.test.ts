import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { embeddedMetrics } from 'local-aws/formats';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { predictionResponseSchema, type ServedModel } from '../../../core/contracts/served-model.ts';
import { stripPng } from '../../fixtures/grey-png.ts';
import { makeImageFolder } from '../../fixtures/images.ts';
import { makeServedModel } from '../../model/prediction/served-model-fixture.ts';
import { startContainer } from '../container.ts';

const labels = ['apple', 'pear'];

let root: string;
let served: ServedModel;
let image: Buffer;
let container: ReturnType<typeof startContainer>;
let url: string;

async function startServe(environment: NodeJS.ProcessEnv = {}) {
  const started = startContainer('serve', join(root, 'ml'), { GRAFT_THREADS: '2', ...environment });
  await started.says('model is warm');
  const line = started.run.stderr.split('\n').find((text) => text.includes('"listening"'))!;
  return { container: started, url: `http://127.0.0.1:${JSON.parse(line).port}` };
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'graft-serve-'));
  const [path] = await makeImageFolder(join(root, 'images'), { labels, perLabel: 1 });
  image = await readFile(path!);
  served = await makeServedModel(join(root, 'ml', 'model'), { labels });
  ({ container, url } = await startServe());
});
afterAll(async () => {
  container.child.kill('SIGKILL');
  await rm(root, { recursive: true, force: true });
});

const invoke = (body: Uint8Array | string, type: string) =>
  fetch(`${url}/invocations`, {
    method: 'POST',
    body: body as Uint8Array<ArrayBuffer>,
    headers: { 'content-type': type },
  });

describe('an endpoint', () => {
  it('says how sure it is of each answer, in the form that CloudWatch Logs makes a metric of', async () => {
    const { predictions } = predictionResponseSchema.parse(await (await invoke(image, 'image/png')).json());
    await container.says('CloudWatchMetrics');

    expect(container.run.stdout.trimEnd().split('\n').flatMap(embeddedMetrics)).toContainEqual({
      Namespace: 'Graft/Endpoints',
      MetricData: [
        {
          MetricName: 'Confidence',
          Unit: 'None',
          Values: [predictions[0]!.probability],
          Dimensions: [{ Name: 'TrainingJob', Value: 'produce-job-1' }],
          Timestamp: expect.any(Date),
        },
      ],
    });
  });

  it('is healthy once it said that the model is warm', async () => {
    const response = await fetch(`${url}/ping`);

    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      backend: expect.stringMatching(/^onnxruntime \d+\.\d+\.\d+$/),
      trainingJob: 'produce-job-1',
    });
    expect(container.run.stderr).toContain('"threads":2');
  });

  it('answers the same ranked labels for PNG bytes and for base64 in JSON', async () => {
    const bytes = await invoke(image, 'image/png');
    const json = await invoke(JSON.stringify({ image: image.toString('base64') }), 'application/json');

    expect([bytes.status, json.status]).toEqual([200, 200]);
    const answer = predictionResponseSchema.parse(await bytes.json());
    expect(await json.json()).toEqual(answer);
    const { predictions, outOfDomain, ...rest } = answer;
    expect(rest).toEqual({
      unsure: outOfDomain! > 0.5,
      domain: 'produce',
      general: served.general,
      trainingJob: 'produce-job-1',
    });
    expect(predictions.map(({ label }) => label).sort()).toEqual(labels);
    expect(predictions[0]!.probability).toBeGreaterThanOrEqual(predictions[1]!.probability);
    expect(predictions[0]!.probability + predictions[1]!.probability).toBeCloseTo(1, 5);
  });

  it('takes a PNG that is called a JPEG: the bytes say what it is', async () => {
    const right = await invoke(image, 'image/png');
    const wrong = await invoke(image, 'image/jpeg');

    expect(wrong.status).toBe(200);
    expect(await wrong.json()).toEqual(await right.json());
  });

  it.each(['jpeg', 'webp'] as const)('takes %s', async (format) => {
    const response = await invoke(await sharp(image).toFormat(format).toBuffer(), `image/${format}`);

    expect(response.status).toBe(200);
  });

  it.each<[string, () => Promise<Uint8Array | string>, RegExp]>([
    ['text', async () => 'hello', /not a PNG, JPEG, WebP, GIF or AVIF/],
    [
      'a truncated JPEG',
      async () => {
        const jpeg = await sharp(image).resize(300, 300).jpeg().toBuffer();
        return jpeg.subarray(0, jpeg.length / 2);
      },
      /damaged or cut short/,
    ],
    [
      '40 megapixels',
      () =>
        sharp({ create: { width: 8000, height: 5000, channels: 3, background: 'red' } })
          .png()
          .toBuffer(),
      /40\.0 megapixels/,
    ],
    [
      'a strip of 1 × 31,999,999 pixels',
      async () => stripPng(31_999_999),
      /1 × 31999999 pixels are more than the 16383 allowed for a side/,
    ],
  ])('answers 400 with the reason for %s', async (_what, make, reason) => {
    const response = await invoke(await make(), 'image/png');

    expect(response.status).toBe(400);
    expect(((await response.json()) as { detail: string }).detail).toMatch(reason);
  });

  it('ends with 0 on SIGTERM after answering what was asked', async () => {
    const requests = Array.from({ length: 20 }, () => invoke(image, 'image/png'));
    await Promise.race(requests);

    container.child.kill('SIGTERM');
    const run = await container.done;

    expect(run.code).toBe(0);
    const answers = await Promise.allSettled(requests);
    expect(answers.filter((answer) => answer.status === 'fulfilled').length).toBeGreaterThan(0);
    for (const answer of answers) {
      if (answer.status === 'fulfilled') expect(answer.value.status).toBe(200);
    }
  });
});

/** A module that ends every thread, but not the process, with its tenth image. */
const MORTAL_THREADS = `data:text/javascript,${encodeURIComponent(`
  import { parentPort } from 'node:worker_threads';
  let images = 0;
  parentPort?.on('message', ({ id }) => id !== undefined && ++images === 10 && process.exit(3));
`)}`;

describe('an endpoint that cannot go on', () => {
  it('ends with 1 when a thread dies, so that SageMaker starts another container', async () => {
    const mortal = await startServe({
      ...{ GRAFT_THREADS: '1', GRAFT_BATCH: '1' },
      NODE_OPTIONS: `--import ${MORTAL_THREADS}`,
    });
    const answers = await Promise.all(
      Array.from({ length: 10 }, () =>
        fetch(`${mortal.url}/invocations`, {
          method: 'POST',
          body: image as Uint8Array<ArrayBuffer>,
          headers: { 'content-type': 'image/png' },
        }).then(
          ({ status }) => status,
          () => 'cut off',
        ),
      ),
    );

    expect(answers).toContain(500);
    expect(new Set(answers)).not.toContain('cut off');
    const run = await mortal.container.done;
    expect(run.code).toBe(1);
    expect(run.stderr).toContain('A thread ended with code 3');
  });

  it('ends with 1 and names the file that is missing', async () => {
    await mkdir(join(root, 'empty'), { recursive: true });

    const run = await startContainer('serve', join(root, 'empty')).done;

    expect(run.code).toBe(1);
    expect(run.stderr).toContain('served-model.json cannot be read');
  });
});
