import * as z from 'zod';
import { Bucket } from '#cloud/aws/bucket.ts';
import { s3Client, sageMakerClient } from '#cloud/aws/clients.ts';
import { readSettings } from '#cloud/aws/settings.ts';
import { promotionStore } from '#cloud/records/promotion-store.ts';
import { registerModelPackage } from '#cloud/registry/model-packages.ts';
import { manifestSchema, type Origin } from '#core/contracts/manifest.ts';
import type { PackageMetadata } from '#core/contracts/model-package.ts';
import type { OutcomeName } from '#core/contracts/outcome.ts';
import { domainOutcomeSchema, domainPromotionSchema } from '#core/contracts/promotion-state.ts';
import { sha256 } from '#core/digest.ts';
import { manifestKey } from '#core/keys.ts';
import { modelPackageGroupName } from '#core/names.ts';
import { parseJson } from '#core/parse.ts';
import { lambda } from './middleware/lambda.ts';
import type { Services } from './middleware/services.ts';

const inputSchema = domainPromotionSchema.extend({
  ended: domainOutcomeSchema,
  executionArn: z.string().optional(),
});

/** The approval status by outcome. Other outcomes say nothing about the model, and it is not registered. */
const approvals: Partial<Record<OutcomeName, 'Approved' | 'Rejected'>> = {
  DEPLOYED: 'Approved',
  REJECTED: 'Rejected',
  ROLLED_BACK: 'Rejected',
};

/** Registers the model in SageMaker's registry, with its outcome and its lineage. */
export function createRegisterModel({
  store,
  models,
  sagemaker,
  settings,
}: Services<'store' | 'models' | 'sagemaker', 'image' | 'endpointPrefix'>) {
  return async function registerModel(
    input: z.output<typeof inputSchema>,
  ): Promise<{ modelPackage?: string }> {
    const { execution, domain, model, version, gate: gateDecision, training: trained, ended } = input;
    const approval = approvals[ended.outcome];
    if (approval === undefined || gateDecision === undefined || trained === undefined) return {};
    const { data, accuracy } = await store.evaluations.read(gateDecision.evaluationKeys.transfer);
    const key = manifestKey(model, version);
    const bytes = await models.read(key);
    const { origin } = parseJson(manifestSchema, new TextDecoder().decode(bytes), key);
    const modelPackage = await registerModelPackage(sagemaker, {
      group: modelPackageGroupName(settings.endpointPrefix, domain),
      approval,
      description: `${ended.outcome}: ${ended.reason}`,
      image: settings.image,
      modelData: store.bucket.uri(trained.transfer.modelKey),
      evaluation: store.bucket.uri(gateDecision.evaluationKeys.transfer),
      metadata: {
        domain,
        outcome: ended.outcome,
        execution,
        ...(input.executionArn === undefined ? {} : { executionArn: input.executionArn }),
        trainingJob: trained.transfer.job,
        accuracy: accuracy.toFixed(6),
        baselineAccuracy: gateDecision.baselineAccuracy.toFixed(6),
        trainImages: String(data.trainImages),
        trainDigest: data.trainDigest,
        testImages: String(data.testImages),
        testDigest: data.testDigest,
        generalModel: model,
        generalVersion: version,
        manifestSha256: sha256(bytes),
        ...metadataOf(origin),
        ...(gateDecision.forced
          ? { forcedBy: gateDecision.forced.by, forcedReason: gateDecision.forced.reason }
          : {}),
        ...(input.deployment === undefined ? {} : { endpointConfig: input.deployment.endpointConfig }),
      },
    });
    return { modelPackage };
  };
}

function metadataOf(origin: Origin): Partial<PackageMetadata> {
  if (origin.kind === 'trained') {
    const { name, digest, images } = origin.dataSet;
    return { generalDataSet: name, generalDataSetDigest: digest, generalDataSetImages: String(images) };
  }
  const { format, source } = origin;
  return {
    generalSource: source.name,
    generalSourceDigest: source.sha256,
    generalSourceFormat: format,
  };
}

export const handler = lambda('RegisterModel', inputSchema, () => {
  const settings = readSettings('modelsBucket', 'artifactsBucket', 'image', 'endpointPrefix');
  const s3 = s3Client();
  return createRegisterModel({
    store: promotionStore(s3, settings.artifactsBucket),
    models: new Bucket(s3, settings.modelsBucket),
    sagemaker: sageMakerClient(),
    settings,
  });
});
