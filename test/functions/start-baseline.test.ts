import { ResourceInUse, type SageMakerClient } from '@aws-sdk/client-sagemaker';
import { type SFNClient, TaskTimedOut } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { evaluationKey, reusedBaselineKey, trainingOutputKeys } from '#core/keys.ts';
import { createStartBaseline } from '../../functions/start-baseline.ts';
import { createStartFineTuning } from '../../functions/start-fine-tuning.ts';
import { type RecordingClient, recordingClient, serviceError } from '../cloud/recording-client.ts';
import { evaluation, newerVersion, prepared, subject } from './samples.ts';
import { buckets, type Stage, startStage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());

let sagemaker: RecordingClient<SageMakerClient>;
let sfn: RecordingClient<SFNClient>;
const services = (settings = {}) =>
  stage.services({ sagemaker: sagemaker.client, sfn: sfn.client, settings });

/** Every test has a domain of its own, so that none finds what another has trained. */
let domain: string;
let count = 0;
beforeEach(() => {
  domain = `produce-${++count}`;
  sagemaker = recordingClient<SageMakerClient>({
    CreateTrainingJob: {},
    DescribeTrainingJob: serviceError('ValidationException', 'Requested resource not found.'),
  });
  sfn = recordingClient<SFNClient>({ SendTaskSuccess: {} });
});

const task = (execution: string) => ({
  token: `token of ${execution}`,
  ...subject,
  domain,
  execution,
  job: `baseline-of-${execution}`,
  resources: prepared.resources,
  baseline: { domainFingerprint: 'a'.repeat(64), reuse: true },
});
type Changes = Partial<ReturnType<typeof task>>;
const start = (execution: string, changes: Changes = {}, settings = {}) =>
  createStartBaseline(services(settings))({ ...task(execution), ...changes });

/** A promotion whose baseline has come to its evaluation. */
async function finished(execution: string, changes: Changes = {}) {
  await start(execution, changes);
  const key = evaluationKey(execution, domain, 'baseline');
  await stage.put(buckets.artifacts, key, evaluation('baseline', 8, 20, { domain }));
}
const started = () => sagemaker.inputsOf('CreateTrainingJob').map(({ TrainingJobName }) => TrainingJobName);

describe('start-baseline', () => {
  test('differs from the transfer job in that it gets no general model, only its name', async () => {
    await createStartFineTuning(services())(task('first'));
    await createStartBaseline(services())({ ...task('first'), job: 'another' });

    const [transfer, baseline] = sagemaker.inputsOf('CreateTrainingJob');
    const channels = transfer!.InputDataConfig as { ChannelName: string }[];
    expect(baseline).toEqual({
      ...transfer,
      TrainingJobName: 'another',
      HyperParameters: { mode: 'baseline', domain, model: 'icons', version: subject.version },
      InputDataConfig: channels.filter(({ ChannelName }) => ChannelName !== 'model'),
    });
    expect(channels.map(({ ChannelName }) => ChannelName)).toContain('model');
  });

  test('reuses the finished baseline of an earlier promotion, whatever the general model is', async () => {
    await finished('first');

    expect(await start('second', { version: newerVersion })).toBe('answered');

    expect(started()).toEqual(['baseline-of-first']);
    const [{ taskToken, output } = {} as never] = sfn.inputsOf('SendTaskSuccess');
    expect(taskToken).toBe('token of second');
    expect(JSON.parse(output as string)).toEqual({
      job: 'baseline-of-first',
      ...trainingOutputKeys('first', domain, 'baseline-of-first'),
      reusedFrom: 'first',
      evaluationKey: evaluationKey('first', domain, 'baseline'),
    });
    expect(await stage.json(buckets.artifacts, reusedBaselineKey('second', domain))).toEqual({
      schemaVersion: 1,
      execution: 'first',
      job: 'baseline-of-first',
    });
  });

  test('always names the promotion that trained it, not one that reused it too', async () => {
    await finished('first');
    await start('second');

    await start('third');

    expect(sfn.inputsOf('SendTaskSuccess').map(({ output }) => JSON.parse(output as string))).toMatchObject([
      { reusedFrom: 'first' },
      { reusedFrom: 'first' },
    ]);
  });

  test.each<[string, () => Promise<unknown>, Changes, { image: string }?]>([
    [
      'another recipe or image',
      () => finished('first'),
      { baseline: { domainFingerprint: 'b'.repeat(64), reuse: true } },
    ],
    ['another container', () => finished('first'), {}, { image: '1.dkr.ecr/graft:2' }],
    ['one that still runs', () => start('first'), {}],
    [
      'a damaged evaluation',
      async () => {
        await start('first');
        await stage.put(buckets.artifacts, evaluationKey('first', domain, 'baseline'), '{"half": ');
      },
      {},
    ],
    [
      'one that EvaluateGate refused',
      () => finished('first'),
      { baseline: { domainFingerprint: 'a'.repeat(64), reuse: false } },
    ],
  ])('trains a baseline where it finds %s', async (_what, before, changes, settings) => {
    await before();

    expect(await start('second', changes, settings)).toBe('running');

    expect(started()).toEqual(['baseline-of-first', 'baseline-of-second']);
    expect(sfn.calls).toEqual([]);
  });

  test('replaces a baseline that did not fit', async () => {
    await finished('first');
    await finished('second', { baseline: { domainFingerprint: 'a'.repeat(64), reuse: false } });

    await start('third');

    const [{ output } = {} as never] = sfn.inputsOf('SendTaskSuccess');
    expect(JSON.parse(output as string)).toMatchObject({ reusedFrom: 'second' });
  });

  test('waits for the job of an earlier attempt, even if another promotion’s baseline is finished by now', async () => {
    await start('second');
    await finished('first');
    sagemaker.answer('DescribeTrainingJob', { TrainingJobStatus: 'InProgress' });
    sagemaker.answer('CreateTrainingJob', new ResourceInUse({ message: 'exists', $metadata: {} }));

    expect(await start('second')).toBe('running');

    expect(sfn.calls).toEqual([]);
  });

  test('learns that its state waits no longer', async () => {
    await finished('first');
    sfn.answer('SendTaskSuccess', new TaskTimedOut({ message: 'timed out', $metadata: {} }));

    expect(await start('second')).toBe('not waiting');
  });
});
