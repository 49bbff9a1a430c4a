import { sha256 } from '#core/digest.ts';
import { domainPrefix } from '#core/keys.ts';
import type { AwsOptions } from '../../aws/options.ts';
import type { Output } from '../../cli/output.ts';
import type { S3 } from '../../upload/persistence.ts';
import type { Throttle } from '../../upload/throttle.ts';
import { checkFolder } from './check-folder.ts';
import type { DomainSettings } from './domain-settings.ts';
import { type PushedDomain, pushDomain } from './push-domain.ts';
import {
  type IndexHeader,
  indexFile,
  KnownObjects,
  readHeader,
  readKnownObjects,
  writeIndex,
} from './push-index.ts';
import { isUnchanged } from './unchanged.ts';
import { type FolderLook, lookAtFolder } from './walk.ts';

/** Names of images beyond the folder that are told. */
const EXTRA_SHOWN = 100;

export interface DomainFolder {
  folder: string;
  settings: DomainSettings;
  bucket: string;
  aws: AwsOptions;
  /** The agent's state folder. */
  state: string;
  s3: S3;
}

/** As `PushedDomain`, with what the check found, now or the last time. */
export interface PushedFolder extends Omit<PushedDomain, 'extra' | 'index'> {
  /** The first of them. */
  extra: string[];
  extraCount: number;
  damaged: { id: string; reason: string }[];
  warnings: string[];
}

/**
 * Checks and uploads a domain's folder. Where nothing has changed since the last push, no image is read: what
 * that push found still holds.
 */
export async function pushFolder(
  domain: DomainFolder,
  { throttle, output }: { throttle: Throttle; output: Output },
  signal: AbortSignal,
): Promise<PushedFolder> {
  const { folder, settings, bucket, s3 } = domain;
  const { domain: name } = settings.domain;
  const index = await indexFile(domain.state, folder, [name, bucket, domain.aws.endpointUrl ?? '']);
  const header = await readHeader(index).catch((error: Error) => {
    output.warn({}, `${error.message}. It is made anew`);
    return undefined;
  });
  const looking = output.progress('look', 'look  ');
  const look = await lookAtFolder(
    folder,
    { now: Date.now(), onFiles: (files) => looking.update({ done: files, total: files, unit: 'files' }) },
    signal,
  ).finally(() => looking.end());
  if (header !== undefined && (await isUnchanged(header, look, { s3, bucket, settings }, signal))) {
    tell(output, header);
    const { extra, extraCount, images: alreadyThere, damaged, warnings } = header;
    const uri = `s3://${bucket}/${domainPrefix(name)}`;
    const nothing = { uploaded: 0, committed: false, arrival: undefined };
    return { uri, ...nothing, alreadyThere, extra, extraCount, damaged, warnings };
  }
  const checking = output.progress('check', 'check ');
  const found = await checkFolder(
    { folder, domain: settings.domain, state: domain.state },
    (done, total, note) => checking.update({ done, total, unit: 'img', notes: [note] }),
    signal,
  ).finally(() => checking.end());
  tell(output, found);
  const uploading = output.progress('upload', 'upload');
  const total = found.images.length;
  const { index: after, ...pushed } = await pushDomain({
    s3,
    bucket,
    settings,
    images: found.images,
    known: () => readKnownObjects(index).catch(() => new KnownObjects()),
    throttle,
    onProgress: (done) => uploading.update({ done, total, unit: 'img' }),
    signal,
  }).finally(() => uploading.end());
  const { damaged, warnings } = found;
  const extra = pushed.extra.slice(0, EXTRA_SHOWN);
  const extraCount = pushed.extra.length;
  await writeIndex(
    index,
    {
      schemaVersion: 1,
      folder: rememberedLook(look),
      settings: sha256(settings.bytes),
      listing: after.listing,
      digest: after.digest,
      images: total,
      extra,
      extraCount,
      damaged,
      warnings,
    },
    after.images,
  );
  return { ...pushed, extra, extraCount, damaged, warnings };
}

/**
 * A file that is as new as the look itself may change without looking different, so the next push looks
 * inside.
 */
const rememberedLook = ({ fingerprint, racy }: FolderLook): string => (racy ? 'too new' : fingerprint);

function tell(output: Output, { damaged, warnings }: Pick<IndexHeader, 'damaged' | 'warnings'>): void {
  for (const { id, reason } of damaged) output.warn({ id, reason }, `${id} is left out: ${reason}`);
  for (const warning of warnings) output.warn({}, warning);
}
