import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { APIGatewayClient, GetApiKeysCommand } from '@aws-sdk/client-api-gateway';
import {
  CloudWatchLogsClient,
  FilterLogEventsCommand,
  paginateDescribeLogGroups,
} from '@aws-sdk/client-cloudwatch-logs';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { accessKey } from '#core/keys.ts';
import { batchId } from '#core/names.ts';
import { spawnLocalAws } from '../../demo/local-aws.ts';
import { localRegion } from '../../scripts/development.ts';
import { makeLiveDomain } from './live-domain.ts';
import type { Known } from './routes.ts';
import { SLOW_KEY, withUsagePlans } from './usage-plans.ts';

const BATCH_KEYS = ['fuzz-1', 'fuzz-2'];

/**
 * The packaged stack in a local AWS of its own, with the domain `fuzz` live, and two keys that may do
 * everything.
 */
export async function startFuzzStack(packaged: string) {
  const folder = await mkdtemp(join(tmpdir(), 'graft-fuzz-'));
  const logFile = join(folder, 'local-aws.log');
  await mkdir(join(folder, 'stack'));
  const template = await withUsagePlans(packaged, join(folder, 'stack'));
  const aws = await spawnLocalAws({ template, state: join(folder, 'aws'), port: 0 }, logFile);
  const settings = {
    ...{ region: localRegion, endpoint: aws.endpoint },
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  };
  const s3 = new S3Client({ ...settings, forcePathStyle: true });
  const { items } = await new APIGatewayClient(settings).send(new GetApiKeysCommand({ includeValues: true }));
  for (const { id } of items!) {
    const access = { schemaVersion: 1, name: id, domains: '*', rights: ['predict', 'read', 'operate'] };
    const Key = accessKey(id!);
    const Bucket = aws.outputs.ArtifactsBucket!;
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: JSON.stringify(access) }));
  }
  const slow = items!.find(({ name }) => name === SLOW_KEY)!;
  const fuzz = items!.find(({ name }) => name !== SLOW_KEY)!;
  const photographs = await makeLiveDomain({ settings, outputs: aws.outputs }, folder);
  const known: Known = {
    photographs,
    batchKeys: BATCH_KEYS,
    batches: BATCH_KEYS.map((key) => batchId('fuzz', fuzz.id!, `key ${key}`)),
  };

  return {
    api: aws.outputs.ApiUrl!,
    keys: { fuzz: fuzz.value!, slow: slow.value! },
    known,
    /** What has ended that should not have: the local AWS, or a container of an endpoint. */
    async ended(): Promise<string[]> {
      const lines = (await readFile(logFile, 'utf8')).split('\n');
      const containers = lines.filter((line) => line.includes('a serving container ended'));
      return aws.process.exitCode === null ? containers : [...containers, 'the local AWS has ended'];
    },
    /** What the functions and the container have logged about one request. */
    logOf: (requestId: string) => logLines(new CloudWatchLogsClient(settings), requestId),
    logFile,
    /** @param keep leaves its folder, with the log, where it is */
    async close({ keep = false } = {}) {
      await aws.stop();
      if (!keep) await rm(folder, { recursive: true, force: true });
    },
  };
}

async function logLines(logs: CloudWatchLogsClient, requestId: string): Promise<string[]> {
  const lines: string[] = [];
  for await (const { logGroups } of paginateDescribeLogGroups({ client: logs }, {})) {
    for (const { logGroupName } of logGroups ?? []) {
      const { events } = await logs.send(
        new FilterLogEventsCommand({ logGroupName, filterPattern: JSON.stringify(requestId) }),
      );
      lines.push(...(events ?? []).map(({ message }) => `${logGroupName}: ${message!.trimEnd()}`));
    }
  }
  return lines;
}
