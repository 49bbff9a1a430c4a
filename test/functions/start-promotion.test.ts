import { readFileSync } from 'node:fs';
import type { S3Client } from '@aws-sdk/client-s3';
import { ExecutionAlreadyExists, type SFNClient } from '@aws-sdk/client-sfn';
import { beforeEach, describe, expect, test } from 'vitest';
import { Bucket } from '#cloud/aws/bucket.ts';
import type { Manifest } from '#core/contracts/manifest.ts';
import { generateSigningKeys, signBytes } from '#core/signature.ts';
import { createStartPromotion } from '../../functions/start-promotion.ts';
import { type RecordingClient, recordingClient, serviceError } from '../cloud/recording-client.ts';
import { manifest, modelFiles } from './samples.ts';

const event = JSON.parse(readFileSync('test/functions/events/manifest-created.json', 'utf8'));
const withKey = (key: string) => ({
  ...event,
  detail: { ...event.detail, object: { ...event.detail.object, key } },
});

const keys = generateSigningKeys();
const stolen = generateSigningKeys();
let sfn: RecordingClient<SFNClient>;
let s3: RecordingClient<S3Client>;
const startPromotion = (given: unknown) =>
  createStartPromotion({
    models: new Bucket(s3.client, 'models'),
    data: new Bucket(s3.client, 'data'),
    sfn: sfn.client,
    settings: {
      stateMachineArn: 'arn:stateMachine:promote-model',
      publicKeys: [generateSigningKeys().publicKey, stolen.publicKey, keys.publicKey],
      revokedKeys: [{ publicKey: stolen.publicKey, on: '2026-11-28', name: 'gpu-3' }],
    },
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
      stateMachineArn: 'arn:stateMachine:promote-model',
      input: '{"model":"icons","version":"20261123T154200Z-3f2a9c"}',
    });
    expect(first!.name).toMatch(/^promote-icons-20261123T154200Z-3f2a9c-[0-9a-f]{8}$/);
  });

  describe('where the version already has an execution', () => {
    const startDate = new Date('2026-11-23T15:42:11.500Z');
    /** The first name is taken, by an execution that stands so. */
    function taken(status: string) {
      sfn.answer('DescribeExecution', { status, startDate });
      sfn.answer('StartExecution', ({ name }: { name: string }) => {
        const first = sfn.inputsOf('StartExecution')[0]!.name;
        if (name === first) throw new ExecutionAlreadyExists({ message: 'exists', $metadata: {} });
        return {};
      });
    }
    const later = { ...event, time: '2026-11-23T15:50:00Z' };

    test.each([
      ['the event is the one that started it', { ...event, time: '2026-11-23T15:42:10Z' }, 'FAILED'],
      ['it has succeeded', later, 'SUCCEEDED'],
      ['it runs', later, 'RUNNING'],
      ['the event does not say when the manifest came', { ...event, time: undefined }, 'FAILED'],
    ])('starts nothing when %s', async (_what, given, status) => {
      taken(status);

      await expect(startPromotion(given)).resolves.toMatchObject({ started: false });
      expect(sfn.inputsOf('StartExecution')).toHaveLength(1);
    });

    test.each(['FAILED', 'TIMED_OUT', 'ABORTED'])(
      'starts another one, once for each arrival, when it is %s and the manifest came again',
      async (status) => {
        taken(status);

        await expect(startPromotion(later)).resolves.toMatchObject({ started: true });
        await startPromotion(later);
        const again = structuredClone(later);
        again.detail.object['version-id'] = 'another arrival';
        await startPromotion(again);

        const [first, second, , duplicate, , third] = sfn.inputsOf('StartExecution');
        expect(second!.name).not.toBe(first!.name);
        expect(second!.input).toBe(first!.input);
        expect(duplicate!.name).toBe(second!.name);
        expect(third!.name).not.toBe(second!.name);
      },
    );
  });

  test.each([
    'general/icons/20261123T154200Z-3f2a9c/model.onnx',
    'general/icons/20261123T154200Z-3f2a9c/old/manifest.json',
    'general/icons/manifest.json',
    'elsewhere/icons/20261123T154200Z-3f2a9c/manifest.json',
  ])('ignores %s', async (key) => {
    expect(await startPromotion(withKey(key))).toEqual({ started: false });
    expect(sfn.calls).toEqual([]);
  });

  test('ignores other buckets', async () => {
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

  test('passes on throttling, so that the event is delivered again', async () => {
    sfn.answer('StartExecution', serviceError('ThrottlingException', 'Rate exceeded'));

    await expect(startPromotion(event)).rejects.toThrow('Rate exceeded');
  });
});

const dataEvent = JSON.parse(readFileSync('test/functions/events/domain-created.json', 'utf8'));
const arrival = new Date('2026-11-23T16:40:02Z');
const before = new Date('2026-11-23T15:42:10Z');
const after = new Date('2026-11-23T16:40:03Z');

interface Pushed {
  privateKey?: string;
  manifest?: Partial<Manifest>;
  files?: Record<string, string>;
}

/**
 * Objects of a general model: key → time of writing. Its manifest is signed with a trusted key by default.
 */
const contents = new Map<string, string>();
function pushed(model: string, version: string, at: Date, more: Pushed = {}): Record<string, Date> {
  const prefix = `general/${model}/${version}/`;
  const text = JSON.stringify(manifest({ model, version, ...more.manifest }));
  contents.set(`${prefix}manifest.json`, text);
  contents.set(`${prefix}manifest.sig`, signBytes(Buffer.from(text), more.privateKey ?? keys.privateKey));
  for (const [name, content] of Object.entries(more.files ?? modelFiles))
    contents.set(prefix + name, content);
  const names = ['manifest.json', 'manifest.sig', ...Object.keys(more.files ?? modelFiles)];
  return Object.fromEntries(names.map((name) => [prefix + name, at]));
}

/** S3 with these objects, of whichever bucket. */
function holding(objects: Record<string, Date>) {
  s3.answer('GetObject', ({ Key }: { Key: string }) => {
    const text = objects[Key] === undefined ? undefined : contents.get(Key);
    if (text === undefined) throw serviceError('NoSuchKey', `no ${Key}`);
    const Body = { transformToByteArray: async () => Buffer.from(text) };
    return { Body, ETag: '"1"', LastModified: objects[Key] };
  });
  s3.answer('ListObjectsV2', ({ Prefix = '', Delimiter }: { Prefix?: string; Delimiter?: string }) => {
    const keys = Object.keys(objects)
      .filter((key) => key.startsWith(Prefix))
      .sort();
    if (Delimiter === undefined) {
      return {
        Contents: keys.map((Key) => ({
          Key,
          Size: contents.get(Key)?.length ?? 1,
          LastModified: objects[Key],
        })),
      };
    }
    const folders = new Set(keys.map((key) => `${Prefix}${key.slice(Prefix.length).split('/')[0]}/`));
    return { CommonPrefixes: [...folders].map((folder) => ({ Prefix: folder })) };
  });
}
const older = '20261101T000000Z-aaaaaa';
const newest = '20261123T154200Z-3f2a9c';

describe('start-promotion, of new data', () => {
  beforeEach(() =>
    holding({
      ...pushed('icons', newest, before),
      ...pushed('icons', older, before),
      ...pushed('zebras', older, before),
      'general/icons/20261124T000000Z-ffffff/model.onnx': before,
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

  const future = '20361123T154200Z-ffffff';
  test.each<[string, string, Pushed]>([
    ['with a key that is not trusted', newest, { privateKey: generateSigningKeys().privateKey }],
    ['with a key that was revoked', newest, { privateKey: stolen.privateKey }],
    ['as another model', newest, { manifest: { model: 'photos' } }],
    ['and is incomplete', newest, { files: {} }],
    ['by a machine whose clock is fast', future, {}],
  ])('skips a newer one that was signed %s', async (_what, version, more) => {
    holding({
      ...pushed('icons', version, before, more),
      ...pushed('icons', older, before),
      'domains/produce/domain.json': arrival,
    });

    await startPromotion(dataEvent);

    const [started] = sfn.inputsOf('StartExecution');
    expect(JSON.parse(started!.input as string)).toMatchObject({ model: 'icons', version: older });
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

  test('takes an existing execution for a duplicated event', async () => {
    sfn.answer('StartExecution', new ExecutionAlreadyExists({ message: 'exists', $metadata: {} }));

    await expect(startPromotion(dataEvent)).resolves.toMatchObject({ started: false });
  });

  test('waits for the first general model', async () => {
    holding({ 'domains/produce/domain.json': arrival });

    expect(await startPromotion(dataEvent)).toEqual({ started: false });
    expect(sfn.calls).toEqual([]);
  });

  test('starts nothing where the model arrived after the data, since its own promotion uses them', async () => {
    holding({ ...pushed('icons', newest, after), 'domains/produce/domain.json': arrival });

    expect(await startPromotion(dataEvent)).toEqual({ started: false });
    expect(sfn.calls).toEqual([]);
  });

  test('starts twice rather than never where S3’s times do not say which came first', async () => {
    holding({ ...pushed('icons', newest, arrival), 'domains/produce/domain.json': arrival });

    await expect(startPromotion(dataEvent)).resolves.toMatchObject({ started: true });
  });

  test('starts nothing for data that are already removed', async () => {
    holding(pushed('icons', newest, before));

    expect(await startPromotion(dataEvent)).toEqual({ started: false });
  });

  test.each([
    ['domains/produce/old/domain.json', 'data'],
    ['domains/produce/train/apple/domain.json', 'data'],
    ['domains/domain.json', 'data'],
    ['domains/produce/domain.json', 'models'],
    ['general/icons/20261123T154200Z-3f2a9c/manifest.json', 'data'],
  ])('ignores %s in the %s bucket', async (key, name) => {
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
