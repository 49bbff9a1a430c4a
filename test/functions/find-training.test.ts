import { ResourceNotFound, type SageMakerClient } from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { evaluationKey, reusedBaselineKey } from '#core/keys.ts';
import { trainingJobName } from '#core/names.ts';
import { createFindTraining } from '../../functions/find-training.ts';
import { recordingClient } from '../cloud/recording-client.ts';
import { subject } from './samples.ts';
import { type Stage, startStage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());

const job = (mode: string) => trainingJobName('graft-dev', 'earlier', 'produce', mode);
const find = (answer: unknown) =>
  createFindTraining(
    stage.services({
      sagemaker: recordingClient<SageMakerClient>({ DescribeTrainingJob: answer }).client,
    }),
  )({ ...subject, gateOnly: { trainingOf: 'earlier' } });
const unknown = new ResourceNotFound({ message: 'no', $metadata: {} });
const completed = ({ TrainingJobName }: { TrainingJobName: string }) => ({
  TrainingJobStatus: 'Completed',
  ModelArtifacts: { S3ModelArtifacts: `s3://artifacts/out/${TrainingJobName}/output/model.tar.gz` },
  OutputDataConfig: { S3OutputPath: 's3://artifacts/out' },
});

describe('find-training', () => {
  test('finds both jobs of the execution', async () => {
    expect(await find(completed)).toMatchObject({
      transfer: { job: job('transfer'), outputKey: `out/${job('transfer')}/output/output.tar.gz` },
      baseline: { job: job('baseline') },
    });
  });

  test('finds the baseline that the execution reused', async () => {
    const link = { schemaVersion: 1, execution: 'first', job: 'baseline-of-first' };
    await stage.put('artifacts', reusedBaselineKey('earlier', 'produce'), link);

    const found = await find((asked: { TrainingJobName: string }) =>
      asked.TrainingJobName === job('baseline') ? unknown : completed(asked),
    );

    await stage.remove('artifacts', reusedBaselineKey('earlier', 'produce'));
    expect(found.baseline).toMatchObject({
      job: 'baseline-of-first',
      reusedFrom: 'first',
      evaluationKey: evaluationKey('first', 'produce', 'baseline'),
    });
    expect(found.transfer).not.toHaveProperty('reusedFrom');
  });

  test.each<[string, unknown, string, RegExp]>([
    [
      'never trained',
      unknown,
      'NotFound',
      /gateOnly\.trainingOf: execution earlier has trained nothing for "produce"/,
    ],
    ['still trains', { TrainingJobStatus: 'InProgress' }, 'TrainingFailed', /still runs/],
    [
      'is another deployment’s',
      { ...completed({ TrainingJobName: 'job' }), OutputDataConfig: { S3OutputPath: 's3://others/out' } },
      'TrainingFailed',
      /writes to s3:\/\/others\/out/,
    ],
    ['was stopped', { TrainingJobStatus: 'Stopped' }, 'TrainingFailed', /was stopped/],
  ])('refuses an execution that %s', async (_what, answer, name, message) => {
    await expect(find(answer)).rejects.toMatchObject({ name, message: expect.stringMatching(message) });
  });
});
