import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { LocalAws } from 'local-aws';
import { MODEL_FILE } from '../../core/contracts/manifest.ts';
import { generalModelPrefix } from '../../core/keys.ts';
import { createRandom, type Random } from '../../core/random.ts';
import { writeNewKey } from '../../onprem-agent/model-folder/signing-key.ts';
import { spawnGraft } from '../onprem-agent/cli.ts';
import { makeModelFolder } from '../onprem-agent/model-fixture.ts';
import { startProxy } from '../onprem-agent/proxy.ts';

/** What random kills of `graft push` did to one model. */
export interface PushTally {
  kills: number;
  /** 1 where the model is not in the bucket in the end, byte for byte, or something is left over. */
  lost: number;
  /** Arrivals of `manifest.json` beyond the first. */
  committedTwice: number;
  /** Parts that S3 took beyond one of each. */
  partsTwice: number;
  /** Why it counts as lost. */
  reasons: string[];
}

/** When a life ends: at a request, before or after S3 has handled it, or after some time. */
type Kill = { request: number; handled: boolean } | { milliseconds: number };

/** Five parts and a bit. */
const MODEL_BYTES = 26 * 1024 * 1024 + 12_345;
const MOST_KILLS = 4;
/** Requests of an undisturbed push, about. */
const REQUESTS = 15;

function killsOf(random: Random): Kill[] {
  return Array.from({ length: 1 + random.below(MOST_KILLS) }, () =>
    random.next() < 0.2
      ? { milliseconds: random.between(100, 3000) }
      : { request: 1 + random.below(REQUESTS), handled: random.next() < 0.5 },
  );
}

/**
 * Pushes one model. The process is killed at random moments and started again, until one comes to its end.
 *
 * @param folder for the model and the state of the agent
 * @param program of the agent, where it is not this checkout's
 */
export async function playPush(
  local: LocalAws,
  folder: string,
  { seed, program }: { seed: number; program?: string | undefined },
): Promise<PushTally> {
  const random = createRandom('kills', seed);
  const s3 = local.client(S3Client);
  const bucket = `kills-${seed}`;
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  await s3.send(
    new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: 'Enabled' } }),
  );
  await mkdir(folder, { recursive: true });
  const model = join(folder, 'model');
  const { version } = await makeModelFolder(model, { bytes: MODEL_BYTES });
  const key = join(folder, 'key.pem');
  await writeNewKey(key);

  const parts = new Map<string, number>();
  let requests = 0;
  let kill: Kill | undefined;
  let end = () => {};
  const isNow = () => kill !== undefined && 'request' in kill && requests === kill.request;
  const proxy = await startProxy(
    local.endpoint,
    () => {
      requests++;
      if (!isNow() || (kill as { handled: boolean }).handled) return false;
      end();
      return true;
    },
    ({ method, path }, status) => {
      if (method === 'PUT' && path.includes('partNumber=') && status === 200) {
        parts.set(path, (parts.get(path) ?? 0) + 1);
      }
      if (isNow()) end();
    },
  );
  const state = join(folder, 'state');
  const environment = {
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: 'eu-central-1',
    AWS_ENDPOINT_URL: proxy.url,
    GRAFT_STATE: state,
  };
  const tally: PushTally = { kills: 0, lost: 0, committedTwice: 0, partsTwice: 0, reasons: [] };
  const live = async (next: Kill | undefined): Promise<number> => {
    [requests, kill] = [0, next];
    const words = ['push', model, '--bucket', bucket, '--key', key, '--wait', '--json'];
    const { child, done } = spawnGraft(words, environment, program);
    end = () => void child.kill('SIGKILL');
    const timer =
      next !== undefined && 'milliseconds' in next ? setTimeout(() => end(), next.milliseconds) : undefined;
    const { code, last } = await done;
    clearTimeout(timer);
    if (code > 0) tally.reasons.push(`push ended with ${code}: ${last?.message}`);
    return code;
  };
  try {
    for (const next of killsOf(random)) if ((await live(next)) < 0) tally.kills++;
    await live(undefined);
  } finally {
    await proxy.stop();
  }
  for (const count of parts.values()) tally.partsTwice += count - 1;
  const prefix = generalModelPrefix('icons', version);
  const versions = await s3.send(new ListObjectVersionsCommand({ Bucket: bucket, Prefix: prefix }));
  const arrivals = (versions.Versions ?? []).filter((each) => each.Key === `${prefix}manifest.json`);
  tally.committedTwice = Math.max(0, arrivals.length - 1);
  if (arrivals.length === 0) tally.reasons.push('manifest.json is not there');
  const there = await digestOfObject(s3, bucket, prefix + MODEL_FILE);
  if (there !== (await digest(createReadStream(join(model, MODEL_FILE))))) tally.reasons.push('other bytes');
  const uploads = await s3.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
  // Where the answer to the very first request was lost, S3 keeps an upload that nobody knows, without parts.
  if ((uploads.Uploads ?? []).length > tally.kills) tally.reasons.push('uploads are left');
  const left = await readdir(join(state, 'spool'));
  if (left.length > 0) tally.reasons.push(`the spool has ${left.join(', ')}`);
  tally.lost = tally.reasons.length > 0 ? 1 : 0;
  await rm(folder, { recursive: true, force: true });
  return tally;
}

async function digestOfObject(s3: S3Client, Bucket: string, Key: string): Promise<string | undefined> {
  const object = await s3.send(new GetObjectCommand({ Bucket, Key })).catch(() => undefined);
  return object && digest(object.Body as AsyncIterable<Uint8Array>);
}

async function digest(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}
