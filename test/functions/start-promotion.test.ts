import './quiet.ts';

import { readFileSync } from 'node:fs';
import type { S3Client } from '@aws-sdk/client-s3';
import { ExecutionAlreadyExists, type SFNClient } from '@aws-sdk/client-sfn';
import { beforeEach, describe, expect, test } from 'vitest';
import { createStartPromotion } from '../../functions/start-promotion.ts';
import { type RecordingClient, recordingClient, serviceError } from '../cloud/recording-client.ts';

const event = JSON.parse(readFileSync('test/functions/events/manifest-created.json', 'utf8'));
const withKey = (key: string) => ({
  ...event,
  detail: { ...event.detail, object: { ...event.detail.object, key } },
});

let sfn: RecordingClient<SFNClient>;
let s3: RecordingClient<S3Client>;
const startPromotion = (given: unknown) =>
  createStartPromotion({
    s3: s3.client,
    sfn: sfn.client,
    stateMachineArn: 'arn:machine',
    modelsBucket: 'models',
    dataBucket: 'data',
  })(given as never);
beforeEach(() => {
  sfn = recordingClient<SFNClient>({ StartExecution: {} });
  s3 = recordingClient<S3Client>({});
});

describe('start-promotion', () => {
  test('starts one execution, whose name and input depend on the model version only', async () => {
    await startPromotion(event);
    await startPromotion({ ...event, id: 'another delivery', time: '2026-11-24T00:00:00Z' });

    const [first, second] = sfn.inputsOf('StartExecution');
    expect(first).toEqual(second);
    expect(first).toMatchObject({
      stateMachineArn: 'arn:machine',
      input: '{"model":"icons","version":"20261123T154200Z-3f2a9c"}',
    });
    expect(first!.name).toMatch(/^promote-icons-20261123T154200Z-3f2a9c-[0-9a-f]{8}$/);
  });

  test('takes an execution that exists for a duplicated event', async () => {
    sfn.answer('StartExecution', new ExecutionAlreadyExists({ message: 'exists', $metadata: {} }));

    await expect(startPromotion(event)).resolves.toMatchObject({ started: false });
  });

  test.each([
    'general/icons/20261123T154200Z-3f2a9c/model.json',
    'general/icons/20261123T154200Z-3f2a9c/old/manifest.json',
    'general/icons/manifest.json',
    'elsewhere/icons/20261123T154200Z-3f2a9c/manifest.json',
  ])('leaves %s alone', async (key) => {
    expect(await startPromotion(withKey(key))).toEqual({ started: false });
    expect(sfn.calls).toEqual([]);
  });

  test('leaves other buckets alone', async () => {
    const other = { ...event, detail: { ...event.detail, bucket: { name: 'other' } } };

    expect(await startPromotion(other)).toEqual({ started: false });
  });

  test.each([
    ['general/Icons/20261123T154200Z-3f2a9c/manifest.json', /model/],
    ['general/icons/latest/manifest.json', /version/],
    // A key arrives as it is: this percent sign is part of the name.
    ['general/my%2Dicons/20261123T154200Z-3f2a9c/manifest.json', /model/],
  ])('refuses %s, naming what is wrong with it', async (key, message) => {
    await expect(startPromotion(withKey(key))).rejects.toMatchObject({
      name: 'InvalidInput',
      message: expect.stringMatching(message),
    });
  });

  test('passes on that it was throttled, so that the event comes again', async () => {
    sfn.answer('StartExecution', serviceError('ThrottlingException', 'Rate exceeded'));

    await expect(startPromotion(event)).rejects.toThrow('Rate exceeded');
  });
});

const dataEvent = JSON.parse(readFileSync('test/functions/events/domain-created.json', 'utf8'));
const arrival = new Date('2026-11-23T16:40:02Z');
const before = new Date('2026-11-23T15:42:10Z');
const after = new Date('2026-11-23T16:40:03Z');

/** S3 with these objects, of whichever bucket. */
function holding(objects: Record<string, Date>) {
  s3.answer('ListObjectsV2', ({ Prefix = '', Delimiter }: { Prefix?: string; Delimiter?: string }) => {
    const keys = Object.keys(objects)
      .filter((key) => key.startsWith(Prefix))
      .sort();
    if (Delimiter === undefined) {
      return { Contents: keys.map((Key) => ({ Key, Size: 1, LastModified: objects[Key] })) };
    }
    const folders = new Set(keys.map((key) => `${Prefix}${key.slice(Prefix.length).split('/')[0]}/`));
    return { CommonPrefixes: [...folders].map((folder) => ({ Prefix: folder })) };
  });
}
const manifestOf = (model: string, version: string) => `general/${model}/${version}/manifest.json`;
const older = '20261101T000000Z-aaaaaa';
const newest = '20261123T154200Z-3f2a9c';

describe('start-promotion, of new data', () => {
  beforeEach(() =>
    holding({
      [manifestOf('icons', newest)]: before,
      [manifestOf('icons', older)]: before,
      [manifestOf('zebras', older)]: before,
      'general/icons/20261124T000000Z-ffffff/weights.bin': before,
      'general/icons/latest/manifest.json': before,
      'domains/produce/domain.json': arrival,
    }),
  );

  test('promotes the newest general model that has a manifest, to this domain only', async () => {
    await expect(startPromotion(dataEvent)).resolves.toMatchObject({ started: true });

    const [started] = sfn.inputsOf('StartExecution');
    expect(JSON.parse(started!.input as string)).toEqual({
      model: 'icons',
      version: newest,
      domains: ['produce'],
    });
    expect(started!.name).toMatch(/^data-produce-icons-20261123T154200Z-3f2a9c-.*-[0-9a-f]{8}$/);
    expect((started!.name as string).length).toBeLessThanOrEqual(80);
  });

  test('gives each arrival one execution, however often its event is delivered', async () => {
    await startPromotion(dataEvent);
    await startPromotion({ ...dataEvent, id: 'another delivery', time: '2026-11-24T00:00:00Z' });
    const again = structuredClone(dataEvent);
    again.detail.object['version-id'] = 'the same bytes, pushed again';
    await startPromotion(again);

    const [first, duplicate, second] = sfn.inputsOf('StartExecution');
    expect(duplicate).toEqual(first);
    expect(second!.name).not.toBe(first!.name);
  });

  test('tells arrivals apart in a bucket without versions too', async () => {
    for (const sequencer of ['01', '01', '02']) {
      const event = structuredClone(dataEvent);
      delete event.detail.object['version-id'];
      event.detail.object.sequencer = sequencer;
      await startPromotion(event);
    }

    const names = sfn.inputsOf('StartExecution').map(({ name }) => name);
    expect(names[1]).toBe(names[0]);
    expect(names[2]).not.toBe(names[0]);
  });

  test('takes an execution that exists for a duplicated event', async () => {
    sfn.answer('StartExecution', new ExecutionAlreadyExists({ message: 'exists', $metadata: {} }));

    await expect(startPromotion(dataEvent)).resolves.toMatchObject({ started: false });
  });

  test('waits for the first general model', async () => {
    holding({ 'domains/produce/domain.json': arrival });

    expect(await startPromotion(dataEvent)).toEqual({ started: false });
    expect(sfn.calls).toEqual([]);
  });

  test('leaves it to a model that came after the data, whose own promotion takes them along', async () => {
    holding({ [manifestOf('icons', newest)]: after, 'domains/produce/domain.json': arrival });

    expect(await startPromotion(dataEvent)).toEqual({ started: false });
    expect(sfn.calls).toEqual([]);
  });

  test('starts twice rather than never where S3 cannot tell which came first', async () => {
    holding({ [manifestOf('icons', newest)]: arrival, 'domains/produce/domain.json': arrival });

    await expect(startPromotion(dataEvent)).resolves.toMatchObject({ started: true });
  });

  test('starts nothing for data that are gone again', async () => {
    holding({ [manifestOf('icons', newest)]: before });

    expect(await startPromotion(dataEvent)).toEqual({ started: false });
  });

  test.each([
    ['domains/produce/old/domain.json', 'data'],
    ['domains/produce/train/apple/domain.json', 'data'],
    ['domains/domain.json', 'data'],
    ['domains/produce/domain.json', 'models'],
    ['general/icons/20261123T154200Z-3f2a9c/manifest.json', 'data'],
  ])('leaves %s in the %s bucket alone', async (key, name) => {
    const event = structuredClone(dataEvent);
    event.detail.object.key = key;
    event.detail.bucket.name = name;

    expect(await startPromotion(event)).toEqual({ started: false });
    expect(sfn.calls).toEqual([]);
  });

  test('refuses a folder that cannot be a domain, naming it', async () => {
    const event = structuredClone(dataEvent);
    event.detail.object.key = 'domains/Fresh Produce/domain.json';

    await expect(startPromotion(event)).rejects.toMatchObject({
      name: 'InvalidInput',
      message: expect.stringMatching(/Fresh Produce.*domains\.0/),
    });
  });
});
