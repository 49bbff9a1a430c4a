import { sha256 } from '#core/digest.ts';
import { domainKey } from '#core/keys.ts';
import { listObjects } from '../../aws/list-objects.ts';
import type { S3 } from '../../upload/persistence.ts';
import type { DomainSettings } from './domain-settings.ts';
import { Fingerprint } from './fingerprint.ts';
import { imageKeys, imageRanges, isCommitted, listingLine } from './push-domain.ts';
import type { IndexHeader } from './push-index.ts';
import type { FolderLook } from './walk.ts';

/**
 * Whether folder, settings and bucket are as the last push has left them. No image is read, here or there:
 * the folder is compared by names, sizes and times, the bucket by its listing, and one request asks for
 * `domain.json`.
 */
export async function isUnchanged(
  header: IndexHeader,
  look: FolderLook,
  { s3, bucket, settings }: { s3: S3; bucket: string; settings: DomainSettings },
  signal: AbortSignal,
): Promise<boolean> {
  if (header.folder !== look.fingerprint || header.settings !== sha256(settings.bytes)) return false;
  const { domain, labels } = settings.domain;
  const listing = new Fingerprint();
  const isImageKey = imageKeys(domain);
  await listObjects(
    s3,
    { bucket, ranges: imageRanges(domain, labels) },
    (key, size, etag) => {
      if (isImageKey(key)) listing.add(listingLine(key, size, etag));
    },
    signal,
  );
  if (listing.toString() !== header.listing) return false;
  return isCommitted({ s3, bucket, key: domainKey(domain), signal }, settings.bytes, header.digest);
}
