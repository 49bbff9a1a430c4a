import './quiet.ts';

import { readFileSync } from 'node:fs';
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
const startPromotion = (given: unknown) =>
  createStartPromotion({ sfn: sfn.client, stateMachineArn: 'arn:machine', modelsBucket: 'models' })(
    given as never,
  );
beforeEach(() => {
  sfn = recordingClient<SFNClient>({ StartExecution: {} });
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
