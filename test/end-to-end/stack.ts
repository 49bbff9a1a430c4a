import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  DescribeEndpointCommand,
  ListModelsCommand,
  ListTrainingJobsCommand,
  SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import {
  DescribeExecutionCommand,
  type DescribeExecutionOutput,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { inject } from 'vitest';
import type { DomainInput } from '#core/contracts/domain.ts';
import type { Outcome } from '#core/contracts/outcome.ts';
import { approvalKey, outcomeKey } from '#core/keys.ts';
import { spawnLocalAws } from '../../demo/local-aws.ts';
import { localEnvironment, localRegion } from '../../scripts/development.ts';
import { repository } from '../../scripts/fingerprint.ts';
import { makeImageFolder } from '../fixtures/images.ts';
import { spawnGraft } from '../onprem-agent/cli.ts';

/** What a promotion of a tiny domain may take on a busy machine before the test gives up. */
const EXECUTION_LIMIT_MS = 300_000;

export type Stack = Awaited<ReturnType<typeof startStack>>;

/**
 * A whole local AWS from the packaged template, as a process of its own, with the clients and commands of its
 * users.
 */
export async function startStack() {
  const folder = await mkdtemp(join(tmpdir(), 'graft-end-to-end-'));
  const aws = await spawnLocalAws(
    { template: inject('template'), state: join(folder, 'aws'), port: 0 },
    join(folder, 'local-aws.log'),
  );
  const environment = localEnvironment(aws.endpoint);
  const unset = Object.fromEntries(Object.keys(process.env).map((name) => [name, undefined]));
  const settings = {
    region: localRegion,
    endpoint: aws.endpoint,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  };
  const s3 = new S3Client({ ...settings, forcePathStyle: true });
  const stepFunctions = new SFNClient(settings);
  const sageMaker = new SageMakerClient(settings);
  const stateMachineArn = aws.outputs.StateMachineArn!;
  const buckets = {
    models: aws.outputs.ModelsBucket!,
    data: aws.outputs.DataBucket!,
    artifacts: aws.outputs.ArtifactsBucket!,
  };

  /** Looks at an execution, which may not have been started yet, until something holds of it. */
  async function waitFor(
    executionArn: string,
    holds: (execution: DescribeExecutionOutput) => Promise<boolean>,
  ): Promise<DescribeExecutionOutput> {
    const deadline = performance.now() + EXECUTION_LIMIT_MS;
    for (;;) {
      const execution = await stepFunctions
        .send(new DescribeExecutionCommand({ executionArn }))
        .catch((error: Error) => {
          if (error.name === 'ExecutionDoesNotExist') return undefined;
          throw error;
        });
      if (execution !== undefined && (await holds(execution))) return execution;
      if (performance.now() > deadline) {
        const status = execution?.status ?? 'not there';
        throw new Error(`${executionArn} is ${status} after ${EXECUTION_LIMIT_MS} ms`);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  return {
    ...aws,
    folder,
    environment,
    buckets,
    s3,
    stepFunctions,
    run: (...args: string[]) => spawnGraft([...args, '--json'], { ...unset, ...environment }).done,
    /** The last line of `graft … --json`. */
    async graft(...args: string[]) {
      const { code, last, stderr } = await this.run(...args);
      if (code !== 0) throw new Error(last?.message ? `${last.message}: ${last.hint}` : stderr);
      return last;
    },
    awsCli: (...args: string[]) =>
      spawnSync('aws', args, { encoding: 'utf8', env: environment, cwd: repository }),

    put: (bucket: string, key: string, body: string | Uint8Array) =>
      s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body })),
    async get(bucket: string, key: string): Promise<string> {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      return Body!.transformToString();
    },

    /** Starts the state machine by hand and waits for its end. */
    async promote(input: unknown, name?: string): Promise<DescribeExecutionOutput> {
      const { executionArn } = await stepFunctions.send(
        new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input), ...(name && { name }) }),
      );
      return this.ended(executionArn!);
    },
    executionArn: (name: string) => `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`,
    /** The end of an execution, which may not have been started yet. */
    ended: (executionArn: string) => waitFor(executionArn, async ({ status }) => status !== 'RUNNING'),
    /** Waits until a promotion asks a person; fails when its execution ends before. */
    untilItAsks(execution: string, domain: string) {
      const Key = approvalKey(execution, domain);
      return waitFor(this.executionArn(execution), async ({ status, cause }) => {
        if (status !== 'RUNNING') throw new Error(`${execution} is ${status} and has not asked: ${cause}`);
        return s3.send(new HeadObjectCommand({ Bucket: buckets.artifacts, Key })).then(
          () => true,
          () => false,
        );
      });
    },
    async outcome(execution: string, domain: string): Promise<Outcome> {
      return JSON.parse(await this.get(buckets.artifacts, outcomeKey(execution, domain))) as Outcome;
    },
    endpoint: (domain: string) =>
      sageMaker.send(new DescribeEndpointCommand({ EndpointName: `graft-dev-${domain}` })),
    async failedJobs(domain: string) {
      const { TrainingJobSummaries } = await sageMaker.send(
        new ListTrainingJobsCommand({ StatusEquals: 'Failed', NameContains: domain }),
      );
      return TrainingJobSummaries!.map(({ TrainingJobName }) => TrainingJobName);
    },

    async modelsOfBatches() {
      const { Models } = await sageMaker.send(new ListModelsCommand({ NameContains: 'graft-dev-batch-' }));
      return Models!.map(({ ModelName }) => ModelName);
    },

    ask(domain: string, body: Uint8Array | string | undefined, headers: Record<string, string> = {}) {
      return fetch(`${aws.outputs.ApiUrl}/domains/${domain}/predictions`, {
        method: 'POST',
        headers: { 'x-api-key': aws.apiKey, 'content-type': 'image/png', ...headers },
        ...(body === undefined ? {} : { body: body as BodyInit }),
      });
    },

    async close() {
      await aws.stop();
      for (const client of [s3, stepFunctions, sageMaker]) client.destroy();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Labels as people write them: spaces, dots and Unicode. */
export const tinyLabels = ['Café au lait', 'no. 2', 'ring'];

/** Training that is over in seconds. */
const tinyRecipe = { epochs: 20, augmentation: 4, baselineSteps: 40 };

/** A domain that a network learns in a second; thresholds that its tiny test set can meet. */
export function tinyDomain(domain: string, change: Partial<DomainInput> = {}): DomainInput {
  return {
    schemaVersion: 1,
    domain,
    labels: tinyLabels,
    recipe: tinyRecipe,
    gate: {
      minimumAccuracy: 0.2,
      minimumUplift: -1,
      minimumRecall: 0,
      minimumTestImages: 6,
      significance: 0.5,
    },
    ...change,
  };
}

/** A folder as `graft data push` takes it. */
export async function makeDomainFolder(folder: string, settings: DomainInput): Promise<string> {
  await makeImageFolder(join(folder, 'train'), { labels: tinyLabels, perLabel: 8, seed: 1 });
  await makeImageFolder(join(folder, 'test'), { labels: tinyLabels, perLabel: 6, seed: 2 });
  // Directly below the domain's folder: images without labels.
  await makeImageFolder(folder, { labels: ['other'], perLabel: 3, seed: 3, style: 'noisy' });
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'domain.json'), JSON.stringify(settings));
  return folder;
}

/** Trains a tiny general model with the real agent; `seed` makes another one. */
export async function trainTinyModel(stack: Stack, seed = 1): Promise<{ folder: string; version: string }> {
  const images = join(stack.folder, 'general-images');
  const labels = ['red', 'yellow', 'green', 'cyan', 'blue', 'magenta'];
  await makeImageFolder(images, { labels, perLabel: 12, size: 32, seed: 3 });
  const folder = join(stack.folder, `general-${seed}`);
  const result = await stack.graft(
    ...['train', images, '--out', folder, '--model', 'tiny', '--epochs', '2', '--seed', String(seed)],
  );
  return { folder, version: String(result.version) };
}
