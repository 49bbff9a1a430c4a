import type { S3Client } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand, type STSClient } from '@aws-sdk/client-sts';
import { GraftError } from '#core/errors.ts';
import type { SigningTrust } from '#core/signing-trust.ts';
import { cloudFormationClient, stsClient } from '../../aws/clients.ts';
import { trustOf } from '../../aws/deployment.ts';
import { explained } from '../../aws/explain.ts';
import type { AwsOptions } from '../../aws/options.ts';
import { s3Client } from '../../aws/s3-clients.ts';
import { serverClock } from '../../aws/server-clock.ts';
import { type StackOutputs, stackOutputs } from '../../aws/stack.ts';
import { checkBucket } from './check-bucket.ts';
import { checkSpeed } from './check-speed.ts';
import type { Findings, Report } from './finding.ts';

/** Milliseconds that one question to AWS may take. */
const ANSWER_MS = 10_000;
/** Milliseconds that clocks of two machines that ask a time server may differ. */
const CLOCK_WARNING_MS = 30_000;
/** From here on models get versions of the future, and AWS refuses signatures soon after. */
const CLOCK_ERROR_MS = 5 * 60_000;

export interface AwsQuestions extends AwsOptions {
  stack: string;
  /** Of models; otherwise the stack names them. */
  bucket: string | undefined;
  /** Whose images may be pushed from here. */
  domain: string | undefined;
  speed: boolean;
  environment: NodeJS.ProcessEnv;
  signal: AbortSignal;
}

/**
 * What AWS says: the time, who calls, what the stack trusts, and what may be done with its buckets. Nothing
 * is changed there. Where one answer fails, those that need it are skipped.
 *
 * @returns which signatures the stack accepts, as far as it is known
 */
export async function checkAws(asked: AwsQuestions, findings: Findings): Promise<SigningTrust | undefined> {
  const sts = stsClient(asked);
  const s3 = s3Client(asked, asked.environment);
  const clocks = [serverClock(sts), serverClock(s3)];
  const time = limited(asked.signal);
  const knowsCaller = await checkIdentity(sts, findings.of('aws', 'credentials'), time);
  if (!knowsCaller) {
    checkClock(clocks, findings.of('aws', 'clock'));
    for (const check of ['stack', 'models bucket', 'data bucket']) {
      findings.of('aws', check)('skipped', 'it needs credentials that work');
    }
    return undefined;
  }
  const outputs = await checkStack(asked, findings.of('aws', 'stack'), time);
  await checkBuckets(s3, asked, { outputs, findings, time });
  checkClock(clocks, findings.of('aws', 'clock'));
  return outputs && trustOf(outputs);
}

type Limit = <T>(ask: (signal: AbortSignal) => Promise<T>) => Promise<T>;

/** Gives each question the same time, and ends all of them with the command. */
const limited =
  (signal: AbortSignal): Limit =>
  (ask) =>
    ask(AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)])).catch((error: unknown) => {
      signal.throwIfAborted();
      if (error instanceof Error && error.name === 'AbortError') {
        throw Object.assign(new Error(`no answer within ${ANSWER_MS / 1_000} s`), { name: 'TimeoutError' });
      }
      throw error;
    });

async function checkIdentity(sts: STSClient, report: Report, time: Limit): Promise<boolean> {
  try {
    const { Arn, Account } = await explained('ask AWS who calls', () =>
      time((abortSignal) => sts.send(new GetCallerIdentityCommand({}), { abortSignal })),
    );
    report('ok', `${Arn} in account ${Account}`);
    return true;
  } catch (error) {
    reportFailure(report, error);
    return false;
  }
}

async function checkStack(
  asked: AwsQuestions,
  report: Report,
  time: Limit,
): Promise<StackOutputs | undefined> {
  if (asked.bucket !== undefined) {
    report('skipped', 'a bucket was named, so the stack is not asked');
    return undefined;
  }
  try {
    const outputs = await time(() => stackOutputs(cloudFormationClient(asked), asked.stack, '--bucket'));
    report('ok', `"${asked.stack}" is there`);
    return outputs;
  } catch (error) {
    reportFailure(report, error);
    return undefined;
  }
}

async function checkBuckets(
  s3: S3Client,
  asked: AwsQuestions,
  { outputs, findings, time }: { outputs: StackOutputs | undefined; findings: Findings; time: Limit },
): Promise<void> {
  const models = asked.bucket ?? outputs?.ModelsBucket;
  const data = outputs?.DataBucket;
  const buckets = [
    { check: 'models bucket', bucket: models, prefix: 'general/', mayPut: 'error' },
    { check: 'data bucket', bucket: data, prefix: `domains/${asked.domain ?? ''}`, mayPut: 'warning' },
  ] as const;
  for (const { check, bucket, prefix, mayPut } of buckets) {
    const report = findings.of('aws', check);
    if (bucket === undefined) report('skipped', 'the stack does not name it');
    else {
      const folder = prefix.endsWith('/') ? prefix : `${prefix}/`;
      await checkBucket({ s3, bucket, folder, time }, { report, mayPut, reportFailure });
    }
  }
  if (!asked.speed) return;
  const report = findings.of('aws', 'speed');
  if (models === undefined) report('skipped', 'there is no bucket to send to');
  else await checkSpeed({ s3, bucket: models, signal: asked.signal }, report);
}

/** This machine's clock beside AWS's, as its answers say. */
function checkClock(clocks: readonly (() => Date | undefined)[], report: Report): void {
  const server = clocks.map((clock) => clock()).find((date) => date !== undefined);
  if (server === undefined) {
    report('skipped', 'AWS has not answered, so its time is not known');
    return;
  }
  const late = Date.now() - server.getTime();
  const seconds = Math.round(Math.abs(late) / 1_000);
  const text = `${seconds} s ${late < 0 ? 'behind' : 'ahead of'} AWS's`;
  const remedy = 'Let it be set from the network: `timedatectl set-ntp true`, or chrony.';
  if (Math.abs(late) < CLOCK_WARNING_MS) report('ok', 'it agrees with AWS’s within half a minute');
  else if (Math.abs(late) < CLOCK_ERROR_MS) report('warning', text, remedy);
  else {
    report(
      'error',
      `${text}: AWS refuses such requests, and a model would get a version of the wrong time`,
      remedy,
    );
  }
}

/** An error of AWS as a finding. */
export function reportFailure(report: Report, error: unknown): void {
  const { message } = error as Error;
  const hint = error instanceof GraftError ? error.hint : undefined;
  report('error', message, hint);
}
