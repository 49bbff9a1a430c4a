import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { ANY_ROLE } from 'local-aws/testing';
import type { DomainInput } from '#core/contracts/domain.ts';
import { generalModelPrefix, manifestKey, signatureKey } from '#core/keys.ts';
import { signBytes } from '#core/signature.ts';
import { domain, manifest, modelFiles } from '../functions/samples.ts';
import { buckets } from '../functions/stage.ts';
import { definitionText } from './definition.ts';
import { functionNames } from './functions.ts';

const definition = JSON.parse(definitionText);
const arnOf = (name: string) => `arn:aws:lambda:eu-central-1:000000000000:function:${name}`;

const stateMachine = (name: string, Definition: object) => ({
  Type: 'AWS::StepFunctions::StateMachine',
  Properties: {
    StateMachineName: name,
    RoleArn: ANY_ROLE,
    Definition,
    DefinitionSubstitutions: Object.fromEntries(functionNames.map((key) => [key, arnOf(key)])),
  },
});

export const stateMachineArn = (name: string) =>
  `arn:aws:states:eu-central-1:000000000000:stateMachine:${name}`;

/**
 * A template with the repository, the topic and the state machine.
 *
 * @param variants further machines: their names, and what each makes of the definition
 */
export const machineTemplate = (variants: Record<string, (definition: object) => object> = {}) => ({
  Resources: {
    Repository: { Type: 'AWS::ECR::Repository', Properties: { RepositoryName: 'graft-test' } },
    Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'notices' } },
    PromoteModel: stateMachine('promote-model', definition),
    ...Object.fromEntries(
      Object.entries(variants).map(([name, change], index) => [
        `Variant${index}`,
        stateMachine(name, change(definition)),
      ]),
    ),
  },
});

/** What `serverless.yml` gives the functions. */
export const functionEnvironment = (endpoint: string, publicKey: string) => ({
  AWS_ENDPOINT_URL: endpoint,
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  GRAFT_STAGE: 'test',
  GRAFT_MODELS_BUCKET: buckets.models,
  GRAFT_DATA_BUCKET: buckets.data,
  GRAFT_ARTIFACTS_BUCKET: buckets.artifacts,
  GRAFT_STATE_MACHINE_ARN: stateMachineArn('promote-model'),
  GRAFT_SIGNING_PUBLIC_KEYS: publicKey,
  GRAFT_TRAINING_IMAGE: '000000000000.dkr.ecr.eu-central-1.amazonaws.com/graft-test:1',
  GRAFT_SAGEMAKER_ROLE_ARN: 'arn:aws:iam::000000000000:role/sagemaker',
  GRAFT_ENDPOINT_PREFIX: 'graft-test',
  GRAFT_TOPIC_ARN: 'arn:aws:sns:eu-central-1:000000000000:notices',
});

export const put = (s3: S3Client, Bucket: string, Key: string, Body: string | Uint8Array) =>
  s3.send(new PutObjectCommand({ Bucket, Key, Body }));

/** Uploads a signed version of the general model `icons`, its manifest last. */
export async function pushModel(s3: S3Client, privateKey: string, version: string): Promise<void> {
  const bytes = Buffer.from(JSON.stringify(manifest({ version })));
  for (const [name, text] of Object.entries(modelFiles)) {
    await put(s3, buckets.models, `${generalModelPrefix('icons', version)}${name}`, text);
  }
  await put(s3, buckets.models, signatureKey('icons', version), signBytes(bytes, privateKey));
  await put(s3, buckets.models, manifestKey('icons', version), bytes);
}

/**
 * What stands for an image. All but two are of different sizes, so that the search for identical ones need
 * not look at their contents.
 *
 * @param n from 0 to 5
 */
export function imageText(split: string, label: string, n: number): string {
  const position = 12 * ['train', 'test'].indexOf(split) + 6 * ['apple', 'banana'].indexOf(label) + n;
  return `${split} ${label} ${n}`.padEnd(20 + Math.max(1, position), '.');
}

/** Uploads a domain with six training and six test images of two classes, its `domain.json` last. */
export async function pushDomain(
  s3: S3Client,
  name: string,
  settings: Partial<DomainInput> = {},
): Promise<void> {
  const images = ['train', 'test'].flatMap((split) =>
    ['apple', 'banana'].flatMap((label) =>
      [0, 1, 2, 3, 4, 5].map((n) => [`${split}/${label}/${n}.png`, imageText(split, label, n)] as const),
    ),
  );
  await Promise.all(images.map(([key, text]) => put(s3, buckets.data, `domains/${name}/${key}`, text)));
  await pushSettings(s3, name, settings);
}

/** Uploads a domain's `domain.json` alone. */
export async function pushSettings(
  s3: S3Client,
  name: string,
  settings: Partial<DomainInput> = {},
): Promise<void> {
  const gatePolicy = {
    minimumAccuracy: 0.5,
    minimumUplift: 0.1,
    minimumRecall: 0.3,
    minimumTestImages: 12,
    significance: 0.05,
  };
  const description = JSON.stringify(domain({ domain: name, gate: gatePolicy, ...settings }));
  await put(s3, buckets.data, `domains/${name}/domain.json`, description);
}
