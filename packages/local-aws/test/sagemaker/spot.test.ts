import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { CreateTrainingJobCommand, DescribeTrainingJobCommand } from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  BUCKET,
  jobInput,
  jobIs,
  type Machine,
  SOON,
  startMachine,
  untar,
} from '../../src/testing/sagemaker-machine.ts';
import { ShiftedClock } from '../../src/testing/shifted-clock.ts';

const clock = new ShiftedClock();
let machine: Machine;
beforeAll(async () => {
  machine = await startMachine({ clock, spotSeconds: 3_600 });
  await machine.put('settings.json', '{}');
  await machine.put('pictures/red/1.png', 'one');
});
afterAll(() => machine.stop());

const spot = (name: string, changes: object = {}) => ({
  ...jobInput(name, { HyperParameters: { do: 'checkpoint' } }),
  EnableManagedSpotTraining: true,
  StoppingCondition: { MaxRuntimeInSeconds: 20_000, MaxWaitTimeInSeconds: 30_000 },
  CheckpointConfig: { S3Uri: `s3://${BUCKET}/kept/${name}`, LocalPath: '/opt/ml/checkpoints' },
  ...changes,
});
const create = (input: object) =>
  machine.sagemaker.send(
    new CreateTrainingJobCommand(input as ConstructorParameters<typeof CreateTrainingJobCommand>[0]),
  );
const describeJob = (TrainingJobName: string) =>
  machine.sagemaker.send(new DescribeTrainingJobCommand({ TrainingJobName }));
const kept = async (name: string) => {
  const page = await machine.s3.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: `kept/${name}/` }));
  return (page.Contents ?? []).map(({ Key }) => Key!.slice(`kept/${name}/`.length));
};

describe('a spot job whose instance is taken away', () => {
  it('begins anew with its checkpoints, and what it deletes of them is deleted in S3', async () => {
    await create(spot('taken'));
    await machine.event(jobIs('taken', 'Training'));
    // Copied while the container runs, not only at its end.
    await expect.poll(() => kept('taken'), SOON).toEqual(['deep/first']);

    clock.advance(3_600_000);
    await machine.event(jobIs('taken', 'Completed'));

    const output = await untar(await machine.get('out/taken/output/output.tar.gz'));
    expect(JSON.parse(output['found.json']!)).toEqual(['deep/first', 'half']);
    expect(await kept('taken')).toEqual(['deep/first', 'whole']);
    expect((await describeJob('taken')).SecondaryStatusTransitions!.map(({ Status }) => Status)).toEqual([
      'Starting',
      'Downloading',
      'Training',
      'Interrupted',
      'Starting',
      'Downloading',
      'Training',
      'Uploading',
      'Completed',
    ]);
  });

  it('is billed for both instances', async () => {
    const job = await describeJob('taken');

    expect(job.TrainingTimeInSeconds).toBeGreaterThanOrEqual(3_600);
    expect(job.BillableTimeInSeconds).toBe(job.TrainingTimeInSeconds);
  });
});

describe('a job on demand', () => {
  it('keeps its instance, and its checkpoints are copied all the same', async () => {
    await create(
      spot('kept', { EnableManagedSpotTraining: false, StoppingCondition: { MaxRuntimeInSeconds: 4_000 } }),
    );
    await machine.event(jobIs('kept', 'Training'));
    await expect.poll(() => kept('kept'), SOON).toEqual(['deep/first']);

    clock.advance(3_700_000);
    expect((await describeJob('kept')).SecondaryStatus).toBe('Training');
    clock.advance(400_000);
    await machine.event(jobIs('kept', 'MaxRuntimeExceeded'));

    expect(await kept('kept')).toEqual(['deep/first', 'half']);
  });
});

describe('CreateTrainingJob refuses', () => {
  it.each([
    [
      'a spot job with less time to wait than to run',
      { StoppingCondition: { MaxRuntimeInSeconds: 60, MaxWaitTimeInSeconds: 30 } },
      /MaxWaitTimeInSeconds/,
    ],
    [
      'another folder than SageMaker’s own',
      { CheckpointConfig: { S3Uri: `s3://${BUCKET}/kept`, LocalPath: '/tmp' } },
      /LocalPath \/tmp/,
    ],
  ])('%s', async (_what, changes, message) => {
    await expect(create(spot('refused', changes))).rejects.toThrow(message);
  });
});
