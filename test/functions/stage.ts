import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { createS3 } from 'local-aws/services';
import { startLocal } from 'local-aws/testing';
import { Bucket, isNoSuchObject } from '#cloud/aws/bucket.ts';
import { promotionStore } from '#cloud/records/promotion-store.ts';
import type { AllServices, AllSettings } from '../../functions/middleware/services.ts';
import { recordingClient } from '../cloud/recording-client.ts';

export const buckets = { models: 'models', data: 'data', artifacts: 'artifacts' };
export type Stage = Awaited<ReturnType<typeof startStage>>;

const settings: AllSettings = {
  stage: 'dev',
  modelsBucket: buckets.models,
  dataBucket: buckets.data,
  artifactsBucket: buckets.artifacts,
  publicKeys: [],
  revokedKeys: [],
  stateMachineArn: 'arn:aws:states:eu-central-1:000000000000:stateMachine:promote-model',
  image: '1.dkr.ecr/graft:1',
  roleArn: 'arn:role',
  endpointPrefix: 'graft-dev',
  topicArn: 'arn:topic',
  instancePrices: '',
  logDays: 30,
  trainingLogDays: undefined,
  batchLogDays: undefined,
  ownTags: [],
  firstApiKeyId: 'k1',
  apiOrigin: undefined,
  kmsKeyArn: undefined,
  subnetIds: [],
  securityGroupIds: [],
  keptPromotions: 5,
  keptConfigurations: 5,
  sharedInstanceType: 'ml.m5.large',
  sharedInstanceCount: 1,
  batchInstanceType: 'ml.m5.xlarge',
  batchInstanceCount: 1,
  vpc: undefined,
  tags: [],
};

/** A client that a test does not expect to be used: every call is an error. */
const unused = <Client>() => recordingClient<Client>({}).client;

type Given = Partial<AllServices> & { settings?: Partial<AllSettings> };

/** The three buckets in a local S3 that real clients talk to over HTTP. */
export async function startStage() {
  const local = await startLocal({ services: [createS3] });
  const s3 = local.client(S3Client);
  for (const Bucket of Object.values(buckets)) await s3.send(new CreateBucketCommand({ Bucket }));
  const [models, data, artifacts] = Object.values(buckets).map((name) => new Bucket(s3, name));
  const services: AllServices = {
    store: promotionStore(s3, buckets.artifacts),
    models: models!,
    data: data!,
    sagemaker: unused(),
    runtime: unused(),
    sfn: unused(),
    sns: unused(),
    cloudwatch: unused(),
    logs: unused(),
    now: Date.now,
  };
  return {
    s3,
    artifacts: artifacts!,
    ...services,
    /** What any function may be made of: these clients and settings, and this stage's buckets. */
    services: ({ settings: changed, ...given }: Given = {}) => ({
      ...services,
      ...given,
      settings: { ...settings, ...changed },
    }),
    async put(bucket: string, key: string, body: string | Uint8Array | object) {
      const Body = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body }));
    },
    /** Parsed JSON, or undefined when there is no such object. */
    async json(bucket: string, key: string) {
      try {
        const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
        return JSON.parse(await Body!.transformToString());
      } catch (error) {
        if (isNoSuchObject(error)) return undefined;
        throw error;
      }
    },
    async remove(bucket: string, key: string) {
      await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
    },
    stop: () => local.stop(),
  };
}

/** S3 tells times in whole seconds. */
export async function aSecondLater() {
  const second = Math.floor(Date.now() / 1000);
  while (Math.floor(Date.now() / 1000) === second) await new Promise((resolve) => setImmediate(resolve));
}
