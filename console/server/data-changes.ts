import { ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import type { Bucket } from '#cloud/aws/bucket.ts';
import { groupBy } from '#core/group-by.ts';
import { isLitter } from '#core/image-files.ts';
import { domainPrefix } from '#core/keys.ts';
import type { ChangedImage, ChangedImages, DataChanges, Part } from '../contracts/images.ts';

/** Images of each kind of change that are named. */
const NAMED = 2_000;

/** One version of an object, or the note that it was removed. */
interface Version {
  key: string;
  version: string;
  /** Undefined where it says that the object was removed. */
  etag: string | undefined;
  /** Milliseconds since 1970. */
  at: number;
}

/**
 * What has come to a domain's images, has changed, and has gone since a moment, from the versions that S3
 * keeps. What was removed longer ago than the bucket keeps old versions is not known any more.
 *
 * @param since milliseconds since 1970
 */
export async function changesSince(data: Bucket, domain: string, since: number): Promise<DataChanges> {
  const added: ChangedImage[] = [];
  const replaced: ChangedImage[] = [];
  const removed: ChangedImage[] = [];
  const versions = await listVersions(data, domainPrefix(domain));
  for (const all of groupBy(versions, ({ key }) => key)) {
    const image = imageOf(all[0]!.key.slice(domainPrefix(domain).length));
    if (image === undefined) continue;
    const newestFirst = all.toSorted((one, other) => other.at - one.at);
    const now = newestFirst[0]!;
    const before = newestFirst.find(({ at }) => at <= since);
    if (now.etag !== undefined && before?.etag === undefined) added.push(image);
    else if (now.etag === undefined && before?.etag !== undefined) {
      removed.push({ ...image, version: before.version });
    } else if (now.etag !== before?.etag) replaced.push(image);
  }
  return {
    since: new Date(since).toISOString(),
    ...{ added: shortened(added), replaced: shortened(replaced), removed: shortened(removed) },
  };
}

async function listVersions(data: Bucket, prefix: string): Promise<Version[]> {
  const found: Version[] = [];
  let markers = {};
  for (;;) {
    const page = await data.s3.send(
      new ListObjectVersionsCommand({ Bucket: data.name, Prefix: prefix, ...markers }),
    );
    for (const { Key, VersionId, ETag, LastModified } of page.Versions ?? []) {
      found.push({ key: Key!, version: VersionId!, etag: ETag ?? '', at: LastModified!.getTime() });
    }
    for (const { Key, VersionId, LastModified } of page.DeleteMarkers ?? []) {
      found.push({ key: Key!, version: VersionId!, etag: undefined, at: LastModified!.getTime() });
    }
    if (!page.IsTruncated) return found;
    markers = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
  }
}

/** Undefined for `domain.json`, folders, and what operating systems leave behind. */
function imageOf(path: string): ChangedImage | undefined {
  const [, part, id] = /^(train|test|other)\/(.*[^/])$/.exec(path) ?? [];
  if (part === undefined || id === undefined || id.split('/').some(isLitter)) return undefined;
  return { part: part as Part, id };
}

const shortened = (images: readonly ChangedImage[]): ChangedImages => ({
  count: images.length,
  named: images.slice(0, NAMED),
});
