import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { type DescribeExecutionOutput, SFNClient } from '@aws-sdk/client-sfn';
import type { DomainInput } from '#core/contracts/domain.ts';
import { type Outcome, outcomeSchema } from '#core/contracts/outcome.ts';
import {
  domainKey,
  domainPrefix,
  generalModelPrefix,
  manifestKey,
  outcomeKey,
  signatureKey,
} from '#core/keys.ts';
import { executionArnOf, executionName } from '#core/names.ts';
import { parseJson } from '#core/parse.ts';
import { signBytes } from '#core/signature.ts';
import { type LocalAwsProcess, spawnLocalAws } from '../../demo/local-aws.ts';
import { describeExecution } from '../../demo/promotion.ts';
import {
  developmentSigningKey,
  localRegion,
  localStage,
  packageLocalStack,
} from '../../scripts/development.ts';
import { manifest, modelFiles } from '../../test/functions/samples.ts';
import { untilInvoked } from './lambda-log.ts';

/** Its name, which its resources' names begin with. */
export const STACK = `graft-${localStage}`;
const MODEL = 'bench';
const LABELS = ['apple', 'banana'];
const IMAGES_PER_LABEL = 6;

/** The packaged stack in a local AWS of its own process, with a container that learns nothing. */
export interface PromotionStack {
  aws: LocalAwsProcess;
  /** Everything that the local AWS logs, among it one line for each request. */
  logFile: string;
  s3: S3Client;
  sageMaker: SageMakerClient;
  stepFunctions: SFNClient;
  logs: CloudWatchLogsClient;
  /**
   * Uploads each domain's images, and its `domain.json` last. Returns when the functions have handled these
   * uploads.
   */
  pushDomains(domains: readonly string[]): Promise<void>;
  /**
   * Uploads a signed general model, its manifest last, which starts its promotion.
   *
   * @returns when the manifest's upload began (milliseconds since 1970), and the execution that its event
   *   starts
   */
  pushModel(version: string): Promise<{ uploadedAt: number; execution: string; executionArn: string }>;
  /** The end of an execution, which may not have been started yet. */
  ended(executionArn: string, limitSeconds: number): Promise<DescribeExecutionOutput>;
  outcome(execution: string, domain: string): Promise<Outcome>;
  stop(): Promise<void>;
}

/**
 * @param folder for state and log; one that was used before is resumed
 * @param container folder of `train.mjs` and `serve.mjs`
 */
export async function startPromotionStack(folder: string, container: string): Promise<PromotionStack> {
  const key = await developmentSigningKey();
  const logFile = join(folder, 'local-aws.log');
  const aws = await spawnLocalAws(
    {
      template: await packageLocalStack(key.publicKey),
      state: join(folder, 'aws'),
      port: 0,
      environment: { GRAFT_LOCAL_CONTAINER: container },
    },
    logFile,
  );
  const settings = {
    region: localRegion,
    endpoint: aws.endpoint,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  };
  const s3 = new S3Client({ ...settings, forcePathStyle: true });
  const stepFunctions = new SFNClient(settings);
  const sageMaker = new SageMakerClient(settings);
  const logs = new CloudWatchLogsClient(settings);
  const { ModelsBucket, DataBucket, ArtifactsBucket, StateMachineArn } = aws.outputs;
  const put = (Bucket: string, Key: string, Body: string | Uint8Array) =>
    s3.send(new PutObjectCommand({ Bucket, Key, Body }));

  return {
    ...{ aws, logFile, s3, sageMaker, stepFunctions, logs },
    async pushDomains(domains) {
      const since = Date.now();
      for (const domain of domains) {
        for (const [path, text] of domainFiles()) {
          await put(DataBucket!, `${domainPrefix(domain)}${path}`, text);
        }
        await put(DataBucket!, domainKey(domain), JSON.stringify(domainSettings(domain)));
      }
      await untilInvoked(logs, STACK, { name: 'startPromotion', times: domains.length, since });
    },
    async pushModel(version) {
      const bytes = Buffer.from(JSON.stringify(manifest({ model: MODEL, version })));
      for (const [name, text] of Object.entries(modelFiles)) {
        await put(ModelsBucket!, `${generalModelPrefix(MODEL, version)}${name}`, text);
      }
      const signature = signBytes(bytes, await readFile(key.path, 'utf8'));
      await put(ModelsBucket!, signatureKey(MODEL, version), signature);
      const uploadedAt = Date.now();
      await put(ModelsBucket!, manifestKey(MODEL, version), bytes);
      const execution = executionName(MODEL, version);
      const executionArn = executionArnOf(StateMachineArn!, execution);
      return { uploadedAt, execution, executionArn };
    },
    async ended(executionArn, limitSeconds) {
      const deadline = performance.now() + limitSeconds * 1000;
      for (;;) {
        const found = await describeExecution(stepFunctions, executionArn);
        if (found !== undefined && found.status !== 'RUNNING') return found;
        if (performance.now() > deadline) {
          throw new Error(`${executionArn} has not ended after ${limitSeconds} s: see ${logFile}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
    },
    async outcome(execution, domain) {
      const Key = outcomeKey(execution, domain);
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: ArtifactsBucket, Key }));
      return parseJson(outcomeSchema, await Body!.transformToString(), Key);
    },
    async stop() {
      await aws.stop();
      for (const client of [s3, stepFunctions, sageMaker, logs]) client.destroy();
    },
  };
}

/** Files in place of images, which are not decoded here. They have different sizes, as images have. */
function domainFiles(): [string, string][] {
  const paths = ['train', 'test'].flatMap((split) =>
    LABELS.flatMap((label) =>
      Array.from({ length: IMAGES_PER_LABEL }, (_, n) => `${split}/${label}/${n}.png`),
    ),
  );
  return paths.map((path, n) => [path, path.padEnd(100 + n)]);
}

function domainSettings(domain: string): DomainInput {
  return {
    schemaVersion: 1,
    domain,
    labels: LABELS,
    gate: {
      minimumAccuracy: 0.5,
      minimumUplift: 0.1,
      minimumRecall: 0.3,
      minimumTestImages: LABELS.length * IMAGES_PER_LABEL,
    },
  };
}
