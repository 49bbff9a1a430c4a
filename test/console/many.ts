import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { DescribeExecutionOutput } from '@aws-sdk/client-sfn';
import { forEachBounded } from '#core/bounded.ts';
import type { Champion, Outcome } from '#core/contracts/outcome.ts';
import {
  championHistoryKey,
  championKey,
  evaluationKey,
  outcomeKey,
  promotionRecordKey,
  reportKey,
} from '#core/keys.ts';
import { stateMachineArn } from './services.ts';

const DOMAINS = 1_000;
const PROMOTIONS = 10_000;
export const nameOf = (index: number) => `domain-${String(index).padStart(4, '0')}`;
const executionOf = (index: number) => `data-${nameOf(index % DOMAINS)}-${String(index).padStart(5, '0')}`;
const version = '20261123T154200Z-3f2a9c';
const at = (index: number) => new Date(Date.UTC(2026, 10, 28) - index * 60_000).toISOString();

/** The newest first; of the first ten, every other one runs. */
function execution(index: number): DescribeExecutionOutput {
  const domain = nameOf(index % DOMAINS);
  const name = executionOf(index);
  const runs = index < 10 && index % 2 === 0;
  const reason = 'The gate says no: minimum-accuracy is 0.512, required lower bound ≥ 0.800';
  return {
    executionArn: `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`,
    stateMachineArn,
    name,
    status: runs ? 'RUNNING' : 'SUCCEEDED',
    startDate: new Date(at(index)),
    input: JSON.stringify({ model: 'photographs', version, domains: [domain] }),
    ...(runs
      ? {}
      : {
          stopDate: new Date(Date.parse(at(index)) + 42_000),
          output: JSON.stringify({
            ...{ model: 'photographs', version, failed: [], summary: `1 domain: 1 ${outcomeOf(index)}` },
            outcomes: [{ domain, outcome: outcomeOf(index), reason }],
          }),
        }),
  };
}
const outcomeOf = (index: number) => (index % 7 === 3 ? 'REJECTED' : 'DEPLOYED');

/** What figures are read from, and a curve as long as a real one's. */
function reportOf(index: number) {
  const past = [2, 1].map((n) => ({ version, promotedAt: at(index + n * DOMAINS), accuracy: 0.8 - n / 50 }));
  const curve = Array.from({ length: 100 }, (_, step) => ({ step, loss: 1 / (step + 1), accuracy: 0.8 }));
  const transfer = { interval: { lower: 0.75, upper: 0.85 }, unsure: { falseAlarms: 0.02 }, curve };
  return { outcome: outcomeOf(index), cost: { total: 0.12 }, scores: { transfer }, history: past };
}

/** What promotions have written of a domain, with ten promotions of it. */
function recordsOf(index: number): [bucket: string, key: string, value: object][] {
  const domain = nameOf(index);
  const champion: Champion = {
    schemaVersion: 1,
    ...{ domain, model: 'photographs', version, trainingJob: `job-${index}`, modelKey: 'k', modelName: 'm' },
    evaluationKey: evaluationKey(executionOf(index), domain, 'transfer'),
    ...{
      execution: executionOf(index),
      endpoint: `graft-dev-${domain}`,
      endpointConfig: 'c',
    },
    accuracy: 0.8 + (index % 20) / 100,
    promotedAt: at(index),
  };
  const outcome: Outcome = {
    schemaVersion: 1,
    ...{ domain, model: 'photographs', version, execution: executionOf(index), outcome: outcomeOf(index) },
    ...{ reason: 'said the gate', baselineAccuracy: 0.5 + (index % 30) / 100, finishedAt: at(index) },
  };
  const promotions = Array.from({ length: PROMOTIONS / DOMAINS }, (_, n) => executionOf(index + n * DOMAINS));
  return [
    ['data', `domains/${domain}/domain.json`, {}],
    ['artifacts', championKey(domain), champion],
    ...[0, 1, 2].map((n): [string, string, object] => [
      'artifacts',
      championHistoryKey(domain, at(index + n * DOMAINS), version),
      { ...champion, accuracy: champion.accuracy - n / 50 },
    ]),
    ['artifacts', outcomeKey(executionOf(index), domain), outcome],
    ...promotions.flatMap((name): [string, string, object][] => [
      ['artifacts', promotionRecordKey(domain, name), {}],
      ['artifacts', reportKey(name, domain, 'json'), reportOf(index)],
    ]),
  ];
}

/**
 * Domains of which everything is written; of the others only that they are there, which is what lists read.
 */
const isWritten = (index: number) => index < 50 || (index >= 500 && index < 525);

/** 10,000 executions, the newest first. */
export const manyExecutions = () => Array.from({ length: PROMOTIONS }, (_, index) => execution(index));

/** Writes 1,000 domains as promotions would have left them. */
export async function writeManyDomains(s3: S3Client): Promise<void> {
  const objects = Array.from({ length: DOMAINS }, (_, index) => index).flatMap((index) => {
    const records = recordsOf(index);
    return isWritten(index) ? records : records.slice(0, 1);
  });
  await forEachBounded(objects, 16, async ([Bucket, Key, value]) => {
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: JSON.stringify(value) }));
  });
}
