import type { S3Client } from '@aws-sdk/client-s3';
import type { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { z } from 'zod';
import { s3Client, sageMakerClient } from '#cloud/aws/clients.ts';
import { findJson, readObject } from '#cloud/aws/objects.ts';
import { readSettings } from '#cloud/aws/settings.ts';
import { registerModelPackage } from '#cloud/registry/model-packages.ts';
import { evaluationSchema } from '#core/contracts/evaluation.ts';
import { manifestSchema } from '#core/contracts/manifest.ts';
import type { OutcomeName } from '#core/contracts/outcome.ts';
import { domainOutcomeSchema, domainPromotionSchema } from '#core/contracts/promotion-state.ts';
import { sha256 } from '#core/digest.ts';
import { NotFoundError } from '#core/errors.ts';
import { manifestKey } from '#core/keys.ts';
import { modelPackageGroupName } from '#core/names.ts';
import { parseJson } from '#core/parse.ts';
import { lambda } from './middleware/lambda.ts';

const inputSchema = domainPromotionSchema.extend({
  ended: domainOutcomeSchema,
  executionArn: z.string().optional(),
});

export interface RegisterModelDependencies {
  s3: S3Client;
  sagemaker: SageMakerClient;
  modelsBucket: string;
  artifactsBucket: string;
  image: string;
  endpointPrefix: string;
}

/** What an outcome says about the model itself; the others say nothing about it, and are not registered. */
const approvals: Partial<Record<OutcomeName, 'Approved' | 'Rejected'>> = {
  DEPLOYED: 'Approved',
  REJECTED: 'Rejected',
  ROLLED_BACK: 'Rejected',
};

/** Puts the model into SageMaker's registry with what became of it and where it comes from. */
export function createRegisterModel(dependencies: RegisterModelDependencies) {
  const { s3, sagemaker, modelsBucket, artifactsBucket, image, endpointPrefix } = dependencies;
  return async function registerModel(
    input: z.output<typeof inputSchema>,
  ): Promise<{ modelPackage?: string }> {
    const { execution, domain, model, version, gate, training, ended } = input;
    const approval = approvals[ended.outcome];
    if (approval === undefined || gate === undefined || training === undefined) return {};
    const evaluationUri = `s3://${artifactsBucket}/${gate.evaluationKeys.transfer}`;
    const found = await findJson(s3, artifactsBucket, gate.evaluationKeys.transfer, evaluationSchema);
    if (found === undefined) throw new NotFoundError(`There is no ${evaluationUri}`);
    const { data, accuracy } = found.value;
    const key = manifestKey(model, version);
    const bytes = await readObject(s3, modelsBucket, key);
    const { dataSet } = parseJson(manifestSchema, new TextDecoder().decode(bytes), key);
    const modelPackage = await registerModelPackage(sagemaker, {
      group: modelPackageGroupName(endpointPrefix, domain),
      approval,
      description: `${ended.outcome}: ${ended.reason}`,
      image,
      modelData: `s3://${artifactsBucket}/${training.transfer.modelKey}`,
      evaluation: evaluationUri,
      metadata: {
        domain,
        outcome: ended.outcome,
        execution,
        ...(input.executionArn === undefined ? {} : { executionArn: input.executionArn }),
        trainingJob: training.transfer.job,
        accuracy: accuracy.toFixed(6),
        baselineAccuracy: gate.baselineAccuracy.toFixed(6),
        trainImages: String(data.trainImages),
        trainDigest: data.trainDigest,
        testImages: String(data.testImages),
        testDigest: data.testDigest,
        generalModel: model,
        generalVersion: version,
        manifestSha256: sha256(bytes),
        generalDataSet: dataSet.name,
        generalDataSetDigest: dataSet.digest,
        generalDataSetImages: String(dataSet.images),
        ...(gate.forced ? { forcedBy: gate.forced.by, forcedReason: gate.forced.reason } : {}),
        ...(input.deployment === undefined ? {} : { endpointConfig: input.deployment.endpointConfig }),
      },
    });
    return { modelPackage };
  };
}

export const handler = lambda('RegisterModel', inputSchema, () => {
  const settings = readSettings(
    'GRAFT_MODELS_BUCKET',
    'GRAFT_ARTIFACTS_BUCKET',
    'GRAFT_TRAINING_IMAGE',
    'GRAFT_ENDPOINT_PREFIX',
  );
  return createRegisterModel({
    s3: s3Client(),
    sagemaker: sageMakerClient(),
    modelsBucket: settings.GRAFT_MODELS_BUCKET,
    artifactsBucket: settings.GRAFT_ARTIFACTS_BUCKET,
    image: settings.GRAFT_TRAINING_IMAGE,
    endpointPrefix: settings.GRAFT_ENDPOINT_PREFIX,
  });
});
