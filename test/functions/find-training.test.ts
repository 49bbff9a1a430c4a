import './quiet.ts';

import { ResourceNotFound, type SageMakerClient } from '@aws-sdk/client-sagemaker';
import { describe, expect, test } from 'vitest';
import { trainingJobName } from '#core/names.ts';
import { createFindTraining } from '../../functions/find-training.ts';
import { recordingClient } from '../cloud/recording-client.ts';
import { subject } from './samples.ts';

const job = (mode: string) => trainingJobName('earlier', 'produce', mode, 0);
const find = (answer: unknown) =>
  createFindTraining(
    recordingClient<SageMakerClient>({ DescribeTrainingJob: answer }).client,
    'artifacts',
  )({ ...subject, gateOnly: { trainingOf: 'earlier' } });
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

  test.each<[string, unknown, string, RegExp]>([
    [
      'never trained',
      new ResourceNotFound({ message: 'no', $metadata: {} }),
      'NotFound',
      /gateOnly\.trainingOf: execution earlier has trained nothing for "produce"/,
    ],
    ['still trains', { TrainingJobStatus: 'InProgress' }, 'TrainingFailed', /still runs/],
    ['was stopped', { TrainingJobStatus: 'Stopped' }, 'TrainingFailed', /was stopped/],
  ])('refuses an execution that %s', async (_what, answer, name, message) => {
    await expect(find(answer)).rejects.toMatchObject({ name, message: expect.stringMatching(message) });
  });
});
