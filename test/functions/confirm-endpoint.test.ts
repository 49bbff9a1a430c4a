import type { SageMakerClient } from '@aws-sdk/client-sagemaker';
import type { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { goldenAnswersKey, goldenImageKey, goldenRecordKey } from '#core/keys.ts';
import { createConfirmEndpoint } from '../../functions/confirm-endpoint.ts';
import { type RecordingClient, recordingClient, serviceError } from '../cloud/recording-client.ts';
import { champion, deployed, evaluation, gated, newerVersion, olderVersion, subject } from './samples.ts';
import { buckets, type Stage, startStage } from './stage.ts';

/** A JPEG by its first bytes, whatever its name says. */
const imageOf = (id: string) => Buffer.from(`\xff\xd8\xffpixels of ${id}`, 'latin1');

let stage: Stage;
const rows = evaluation('transfer', 18).rows;
beforeAll(async () => {
  stage = await startStage();
  await stage.put(buckets.artifacts, gated.evaluationKeys.transfer, evaluation('transfer', 18));
  for (const { id } of rows) await stage.put(buckets.data, `domains/produce/test/${id}`, imageOf(id));
});
afterAll(() => stage.stop());

let sagemaker: RecordingClient<SageMakerClient>;
let runtime: RecordingClient<SageMakerRuntimeClient>;
const confirm = (more: object = {}) =>
  createConfirmEndpoint(stage.services({ sagemaker: sagemaker.client, runtime: runtime.client }))({
    ...subject,
    deployment: deployed,
    evaluationKey: gated.evaluationKeys.transfer,
    ...more,
  });

const kept = () => stage.json(buckets.artifacts, goldenAnswersKey(subject.execution, subject.domain));

/** Answers as the training job did, `more` certain of it. */
function says(label: (truth: string) => string, more = 0) {
  return ({ Body }: { Body: Uint8Array }) => {
    const truth = Buffer.from(Body).toString().includes('apple') ? 'apple' : 'banana';
    const prediction = {
      predictions: [
        { label: label(truth), probability: 0.9 + more },
        { label: 'other', probability: 0.1 - more },
      ],
      domain: 'produce',
      general: { model: 'icons', version: subject.version },
      trainingJob: 'produce-transfer-0',
    };
    return { Body: Buffer.from(JSON.stringify(prediction)) };
  };
}
beforeEach(() => {
  sagemaker = recordingClient<SageMakerClient>({
    DescribeEndpoint: { EndpointStatus: 'InService', EndpointConfigName: deployed.endpointConfig },
  });
  runtime = recordingClient<SageMakerRuntimeClient>({ InvokeEndpoint: says((truth) => truth) });
});

describe('confirm-endpoint', () => {
  test('asks about the first test image of every class', async () => {
    expect(await confirm()).toEqual({ goldenImages: 2 });

    const asked = runtime.inputsOf('InvokeEndpoint');
    expect(asked).toMatchObject([
      { EndpointName: 'graft-dev-produce', ContentType: 'image/jpeg' },
      { EndpointName: 'graft-dev-produce', ContentType: 'image/jpeg' },
    ]);
    expect(asked.map(({ Body }) => Buffer.from(Body as Uint8Array))).toEqual([
      imageOf('apple/00.png'),
      imageOf('banana/00.png'),
    ]);
  });

  describe('after a rollback', () => {
    const back = (promotedAt: string) => ({
      manual: {
        rollback: {
          from: { version: newerVersion, execution: 'x', endpointConfig: 'y', by: 'jane' },
          target: champion(olderVersion, { promotedAt }),
        },
      },
    });

    test('asks about images that have not changed since', async () => {
      await stage.remove(buckets.data, 'domains/produce/test/apple/00.png');

      const confirmed = await confirm(back(new Date(Date.now() + 60_000).toISOString()));
      await stage.put(buckets.data, 'domains/produce/test/apple/00.png', 'pixels of apple/00.png');

      expect(confirmed).toEqual({ goldenImages: 2 });
      const [first] = runtime.inputsOf('InvokeEndpoint');
      expect(Buffer.from(first!.Body as Uint8Array)).toEqual(imageOf('apple/01.png'));
    });

    test('fails where every image is newer than the champion', async () => {
      await expect(confirm(back('2026-01-01T00:00:00.000Z'))).rejects.toMatchObject({
        name: 'GoldenMismatch',
        message: expect.stringMatching(/None of the test images/),
      });
    });
  });

  describe('where the promotion has kept golden images', () => {
    const evaluationKey = 'promotions/promote-icons/kept/evaluation-transfer.json';
    const back = {
      rollback: {
        from: { version: newerVersion, execution: 'x', endpointConfig: 'y', by: 'jane' },
        target: champion(olderVersion, { promotedAt: '2026-01-01T00:00:00.000Z' }),
      },
    };
    beforeAll(async () => {
      const [apple, banana] = [rows[3]!, rows[23]!];
      await stage.put(buckets.artifacts, goldenRecordKey(evaluationKey), {
        schemaVersion: 1,
        images: [apple, banana],
      });
      for (const { id } of [apple, banana]) {
        await stage.put(buckets.artifacts, goldenImageKey(evaluationKey, id), `kept pixels of ${id}`);
      }
    });

    test.each([
      ['a new model', {}],
      ['a champion after a rollback, however old it is', { manual: back }],
    ])('asks about those for %s', async (_what, more) => {
      expect(await confirm({ evaluationKey, ...more })).toEqual({ goldenImages: 2 });

      const asked = runtime.inputsOf('InvokeEndpoint');
      expect(asked.map(({ Body }) => Buffer.from(Body as Uint8Array).toString())).toEqual([
        'kept pixels of apple/03.png',
        'kept pixels of banana/03.png',
      ]);
    });
  });

  test('says what an image is by its content, not by its name', async () => {
    const id = 'domains/produce/test/apple/00.png';
    await stage.put(buckets.data, id, Buffer.from('\x89PNG\r\n\x1a\n apple', 'latin1'));
    await confirm();
    await stage.put(buckets.data, id, imageOf('apple/00.png'));

    const types = runtime.inputsOf('InvokeEndpoint').map(({ ContentType }) => ContentType);
    expect(types).toEqual(['image/png', 'image/jpeg']);
  });

  test('confirms an endpoint that SageMaker is maintaining', async () => {
    sagemaker.answer('DescribeEndpoint', {
      EndpointStatus: 'SystemUpdating',
      EndpointConfigName: 'produce-config',
    });

    expect(await confirm()).toEqual({ goldenImages: 2 });
  });

  test.each([
    [0.019, true],
    [-0.019, true],
    [0.03, false],
    [-0.03, false],
  ])('a probability that is off by %s: %s', async (more, fine) => {
    runtime.answer(
      'InvokeEndpoint',
      says((truth) => truth, more),
    );

    if (fine) await expect(confirm()).resolves.toBeDefined();
    else await expect(confirm()).rejects.toMatchObject({ name: 'GoldenMismatch' });
  });

  test('finds a model that answers otherwise than the training job did', async () => {
    runtime.answer(
      'InvokeEndpoint',
      says(() => 'banana'),
    );

    const message = expect.stringMatching(/says "banana" .*apple\/00\.png.*said "apple"/);
    await expect(confirm()).rejects.toMatchObject({ name: 'GoldenMismatch', message });
    expect(await kept()).toMatchObject({
      images: 2,
      answers: [
        { row: { prediction: 'apple' }, answer: { label: 'banana', probability: 0.9 }, mismatch: message },
      ],
    });
  });

  test('keeps what was answered, for people to look at', async () => {
    await confirm();

    expect(await kept()).toEqual({
      schemaVersion: 1,
      endpoint: 'graft-dev-produce',
      evaluationKey: gated.evaluationKeys.transfer,
      images: 2,
      answers: ['apple', 'banana'].map((label) => ({
        row: rows.find(({ truth }) => truth === label),
        answer: { label, probability: 0.9 },
      })),
    });
  });

  test.each([
    ['fails inside', serviceError('ModelError', 'Received server error (500) from primary')],
    ['gives an answer that is no prediction', { Body: Buffer.from('{"predictions":[]}') }],
    ['gives an answer that is not JSON', { Body: Buffer.from('<html>') }],
  ])('refuses a model that %s', async (_what, answer) => {
    runtime.answer('InvokeEndpoint', answer);

    await expect(confirm()).rejects.toMatchObject({ name: 'GoldenMismatch' });
    const { answers } = await kept();
    expect(answers).toEqual([{ row: rows[0], mismatch: expect.stringMatching(/apple\/00\.png/) }]);
  });

  test.each([
    [
      'on another configuration',
      { EndpointStatus: 'InService', EndpointConfigName: 'config-before' },
      /config-before/,
    ],
    ['not in service', { EndpointStatus: 'Updating', EndpointConfigName: 'produce-config' }, /Updating/],
    ['gone', serviceError('ValidationException', 'Could not find endpoint'), /gone/],
  ])('asks nothing of an endpoint that is %s', async (_what, description, message) => {
    sagemaker.answer('DescribeEndpoint', description);

    await expect(confirm()).rejects.toMatchObject({
      name: 'DeploymentFailed',
      message: expect.stringMatching(message),
    });
    expect(runtime.calls).toEqual([]);
  });

  test('passes on a temporary error, so that the state is retried', async () => {
    runtime.answer('InvokeEndpoint', serviceError('ThrottlingException', 'Rate exceeded'));

    await expect(confirm()).rejects.toThrow('Rate exceeded');
  });
});
