import { paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import {
  DescribeEndpointCommand,
  DescribeTrainingJobCommand,
  paginateListTrainingJobs,
} from '@aws-sdk/client-sagemaker';
import * as z from 'zod';
import type { Outcome } from '#core/contracts/outcome.ts';
import { countTransitions, readHistory, stateDurations } from './history.ts';
import { type LambdaRun, readLambdaRuns } from './lambda-log.ts';
import type { Usage } from './prices.ts';
import { countS3, readRequests } from './requests.ts';
import { divide, type Span } from './spans.ts';
import { type PromotionStack, STACK } from './stack.ts';

/** For the last report of a Lambda to reach its log. */
const LOG_MS = 500;

/**
 * How the time between the manifest's upload and the endpoint in service is spent, in milliseconds. Every
 * moment counts for the first of these that runs in it:
 *
 * - `jobs`: from a training job's CreationTime to its TrainingEndTime, download and upload included; two at
 *   once count once
 * - `container`: from the start of the serving process (its own `performance.timeOrigin`) until it listens
 * - `coldStarts`: from a Lambda environment's INIT_START to its first START, which the local AWS pays as AWS
 *   does
 * - `functions`: from a Lambda's START to its REPORT
 * - `rest`: Step Functions, the delivery of events, SageMaker between its API and its processes (in which the
 *   model is downloaded, and the container asked whether it is healthy)
 */
export type Shares = Record<'jobs' | 'container' | 'coldStarts' | 'functions' | 'rest', number>;

export interface MeasuredPromotion {
  outcome: Outcome['outcome'];
  /** Manifest's upload begun → endpoint in service on the new configuration, milliseconds. */
  totalMs: number;
  shares: Shares;
  /** `totalMs` without `jobs` and `container`. */
  overheadMs: number;
  /** From there to the end of the execution: golden images, outcome, registry, report. */
  afterwardsMs: number;
  usage: Usage;
  historyEvents: number;
  coldStarts: number;
  states: { state: string; milliseconds: number }[];
}

/** Pushes one version of the general model to a stack with one domain, and measures what comes of it. */
export async function measurePromotion(
  stack: PromotionStack,
  domain: string,
  version: string,
): Promise<MeasuredPromotion> {
  const { uploadedAt, execution, executionArn } = await stack.pushModel(version);
  const ended = await stack.ended(executionArn, 180);
  const { outcome, endpointConfig, reason } = await stack.outcome(execution, domain);
  if (outcome !== 'DEPLOYED') throw new Error(`${domain} ended as ${outcome}: ${reason}`);
  await new Promise((resolve) => setTimeout(resolve, LOG_MS));

  const name = `${STACK}-${domain}`;
  const endpoint = await stack.sageMaker.send(new DescribeEndpointCommand({ EndpointName: name }));
  if (endpoint.EndpointStatus !== 'InService' || endpoint.EndpointConfigName !== endpointConfig) {
    throw new Error(`${name} is ${endpoint.EndpointStatus} on ${endpoint.EndpointConfigName}`);
  }
  // Nothing changes an endpoint's record once it is in service.
  const inService = endpoint.LastModifiedTime!.getTime();
  const frame: Span = { from: uploadedAt, to: inService };
  const lambdas = await readLambdaRuns(stack.logs, STACK, uploadedAt);
  const shares = divide(frame, [
    ['jobs', await trainingJobs(stack, uploadedAt)],
    ['container', await servingContainers(stack, name, uploadedAt)],
    ['coldStarts', lambdas.flatMap(({ coldStart }) => coldStart ?? [])],
    ['functions', lambdas.map(({ run }) => run)],
  ]);
  const history = await readHistory(stack.stepFunctions, executionArn);
  const stoppedAt = ended.stopDate!.getTime();
  return {
    outcome,
    totalMs: inService - uploadedAt,
    shares,
    overheadMs: inService - uploadedAt - shares.jobs - shares.container,
    afterwardsMs: stoppedAt - inService,
    usage: {
      transitions: countTransitions(history),
      ...lambdaUsage(lambdas),
      ...(await s3Usage(stack, { from: uploadedAt, to: Date.now() })),
    },
    historyEvents: history.length,
    coldStarts: lambdas.filter(({ coldStart }) => coldStart !== undefined).length,
    states: stateDurations(history),
  };
}

function lambdaUsage(
  lambdas: readonly LambdaRun[],
): Pick<Usage, 'lambdaRequests' | 'lambdaMs' | 'lambdaGbSeconds'> {
  return {
    lambdaRequests: lambdas.length,
    lambdaMs: lambdas.reduce((sum, { billedMs }) => sum + billedMs, 0),
    lambdaGbSeconds: lambdas.reduce(
      (sum, { billedMs, memoryMb }) => sum + (billedMs / 1000) * (memoryMb / 1024),
      0,
    ),
  };
}

async function s3Usage(
  { logFile }: PromotionStack,
  during: Span,
): Promise<Pick<Usage, 's3Writes' | 's3Reads'>> {
  const { writes, reads } = countS3(await readRequests(logFile, during));
  return { s3Writes: writes, s3Reads: reads };
}

async function trainingJobs({ sageMaker }: PromotionStack, since: number): Promise<Span[]> {
  const spans: Span[] = [];
  const pages = paginateListTrainingJobs({ client: sageMaker }, { CreationTimeAfter: new Date(since) });
  for await (const { TrainingJobSummaries = [] } of pages) {
    for (const { TrainingJobName } of TrainingJobSummaries) {
      const job = await sageMaker.send(new DescribeTrainingJobCommand({ TrainingJobName }));
      spans.push({ from: job.CreationTime!.getTime(), to: job.TrainingEndTime!.getTime() });
    }
  }
  return spans;
}

/** What the scripted container says about its own start. */
const startedSchema = z.object({ started: z.number(), listening: z.number() });

async function servingContainers({ logs }: PromotionStack, endpoint: string, since: number): Promise<Span[]> {
  const spans: Span[] = [];
  const logGroupName = `/aws/sagemaker/Endpoints/${endpoint}`;
  for await (const { events = [] } of paginateFilterLogEvents(
    { client: logs },
    { logGroupName, startTime: since },
  )) {
    for (const { message } of events) {
      if (!message!.startsWith('{"started"')) continue;
      const { started, listening } = startedSchema.parse(JSON.parse(message!));
      spans.push({ from: started, to: listening });
    }
  }
  if (spans.length === 0) throw new Error(`No container of ${endpoint} has said when it started`);
  return spans;
}
