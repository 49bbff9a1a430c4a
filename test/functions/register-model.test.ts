import type { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { OutcomeName } from '#core/contracts/outcome.ts';
import { sha256 } from '#core/digest.ts';
import { evaluationKey, manifestKey } from '#core/keys.ts';
import { createRegisterModel } from '../../functions/register-model.ts';
import { type RecordingClient, recordingClient, serviceError } from '../cloud/recording-client.ts';
import {
  confirmedPromotion,
  evaluation,
  gated,
  importedOrigin,
  manifest,
  newerVersion,
  subject,
  trainedOrigin,
} from './samples.ts';
import { buckets, type Stage, startStage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
  await stage.put(
    buckets.models,
    manifestKey(subject.model, subject.version),
    manifest({ origin: { ...trainedOrigin, dataSet: { ...trainedOrigin.dataSet, name: 'icons <all>' } } }),
  );
  await stage.put(
    buckets.artifacts,
    evaluationKey(subject.execution, subject.domain, 'transfer'),
    evaluation('transfer', 18),
  );
});
afterAll(() => stage.stop());

let sagemaker: RecordingClient<SageMakerClient>;
beforeEach(() => {
  sagemaker = recordingClient<SageMakerClient>({
    CreateModelPackageGroup: { ModelPackageGroupArn: 'arn:group' },
    CreateModelPackage: { ModelPackageArn: 'arn:package' },
  });
});

const register = (outcome: OutcomeName, changes: object = {}) =>
  createRegisterModel(
    stage.services({ sagemaker: sagemaker.client, settings: { image: 'repository/graft:1' } }),
  )({
    ...confirmedPromotion,
    ended: { domain: subject.domain, outcome, reason: 'because\nit is so' },
    executionArn: 'arn:execution',
    ...changes,
  });
const created = () => sagemaker.inputsOf('CreateModelPackage')[0]!;

describe('register-model', () => {
  test('registers the model with its outcome and its lineage', async () => {
    expect(await register('DEPLOYED')).toEqual({ modelPackage: 'arn:package' });

    expect(created()).toMatchObject({
      ModelPackageGroupName: 'graft-dev-produce',
      ModelPackageDescription: 'DEPLOYED: because it is so',
      InferenceSpecification: {
        Containers: [
          {
            Image: 'repository/graft:1',
            ModelDataUrl: `s3://artifacts/${confirmedPromotion.training!.transfer.modelKey}`,
          },
        ],
      },
      ModelMetrics: {
        ModelQuality: { Statistics: { S3Uri: `s3://artifacts/${gated.evaluationKeys.transfer}` } },
      },
      CustomerMetadataProperties: {
        execution: subject.execution,
        executionArn: 'arn:execution',
        trainingJob: 'produce-transfer-0',
        accuracy: '0.900000',
        baselineAccuracy: '0.400000',
        trainDigest: sha256('train'),
        testDigest: sha256('test'),
        generalModel: subject.model,
        generalVersion: subject.version,
        generalDataSetDigest: sha256('icons'),
        endpointConfig: 'produce-config',
      },
    });
  });

  test.each<[OutcomeName, string]>([
    ['DEPLOYED', 'Approved'],
    ['REJECTED', 'Rejected'],
    ['ROLLED_BACK', 'Rejected'],
  ])('registers %s as %s', async (outcome, approval) => {
    await register(outcome);

    expect(created().ModelApprovalStatus).toBe(approval);
  });

  test('names the file that an imported general model comes from', async () => {
    const imported = manifest({ version: newerVersion, origin: importedOrigin });
    await stage.put(buckets.models, manifestKey(subject.model, newerVersion), imported);

    await register('DEPLOYED', { version: newerVersion });

    const { CustomerMetadataProperties: properties } = created();
    expect(properties).toMatchObject({
      generalSource: 'mobilenet.onnx',
      generalSourceDigest: sha256('mobilenet'),
      generalSourceFormat: 'onnx',
    });
    expect(properties).not.toHaveProperty('generalDataSet');
  });

  test.each<OutcomeName>(['FAILED', 'SUPERSEDED'])(
    'registers nothing of a promotion that %s',
    async (outcome) => {
      expect(await register(outcome)).toEqual({});
      expect(sagemaker.calls).toEqual([]);
    },
  );

  test('keeps to the characters and lengths that the registry accepts', async () => {
    await register('DEPLOYED', {
      ended: { domain: 'produce', outcome: 'DEPLOYED', reason: 'x'.repeat(2000) },
    });

    const { CustomerMetadataProperties, ModelPackageDescription, ClientToken } = created();
    expect(ModelPackageDescription).toHaveLength(1024);
    expect(ClientToken).toMatch(/^[a-zA-Z0-9-]{1,36}$/);
    const values = Object.values(CustomerMetadataProperties as Record<string, string>);
    for (const value of values) expect(value).toMatch(/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u);
    expect(values).toContain('icons _all_');
  });

  test('uses the same token on a retry, and another one for another promotion', async () => {
    await register('DEPLOYED');
    await register('DEPLOYED');
    await register('DEPLOYED', { execution: 'another' });

    const [first, again, other] = sagemaker.inputsOf('CreateModelPackage').map((input) => input.ClientToken);
    expect(again).toBe(first);
    expect(other).not.toBe(first);
  });

  test('uses an existing group', async () => {
    const exists = 'Model Package Group already exists: arn:group';
    sagemaker.answer('CreateModelPackageGroup', serviceError('ValidationException', exists));

    expect(await register('REJECTED')).toEqual({ modelPackage: 'arn:package' });
  });

  test('passes on a temporary error, so that the state is retried', async () => {
    sagemaker.answer('CreateModelPackageGroup', serviceError('ThrottlingException', 'Rate exceeded'));

    await expect(register('REJECTED')).rejects.toThrow('Rate exceeded');
  });
});
