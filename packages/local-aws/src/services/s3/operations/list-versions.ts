import type { ListObjectVersionsCommandInput, ListObjectVersionsCommandOutput } from '@aws-sdk/client-s3';
import type { S3Context } from '../context.ts';
import { invalidArgument } from '../errors.ts';
import { encodedWith } from '../responses.ts';
import { compareKeys, lowerBound } from '../store/key-order.ts';
import type { Version } from '../store/records.ts';
import { pageSize } from './listing.ts';

/** All versions and delete markers, by key and within a key the newest first. */
export function listObjectVersions(
  { store, world }: S3Context,
  input: ListObjectVersionsCommandInput,
): Omit<ListObjectVersionsCommandOutput, '$metadata'> {
  const bucket = store.bucket(input.Bucket!);
  const limit = pageSize(input.MaxKeys, 'max-keys');
  const { Prefix: prefix = '', Delimiter: delimiter = '', KeyMarker, VersionIdMarker } = input;
  if (VersionIdMarker !== undefined && KeyMarker === undefined) {
    throw invalidArgument(
      'A version-id marker cannot be specified without a key marker.',
      'version-id-marker',
      VersionIdMarker,
    );
  }
  const encode = encodedWith(input.EncodingType);
  const owner = { ID: world.accountId };
  const versions: NonNullable<ListObjectVersionsCommandOutput['Versions']> = [];
  const markers: NonNullable<ListObjectVersionsCommandOutput['DeleteMarkers']> = [];
  const prefixes: string[] = [];
  let last: { key: string; versionId?: string } | undefined;
  let truncated = false;
  const count = () => versions.length + markers.length + prefixes.length;

  const push = (key: string, version: Version, isLatest: boolean) => {
    const common = {
      Key: encode(key),
      VersionId: version.versionId,
      IsLatest: isLatest,
      LastModified: new Date(version.modified),
      Owner: owner,
    };
    if (version.deleteMarker) markers.push(common);
    else
      versions.push({
        ...common,
        ETag: `"${version.etag}"`,
        Size: version.size,
        StorageClass: 'STANDARD',
        ...(version.checksum === undefined
          ? {}
          : { ChecksumAlgorithm: [version.checksum.algorithm], ChecksumType: version.checksum.type }),
      });
    last = { key, versionId: version.versionId };
  };

  walk: for (let index = lowerBound(bucket.keys, prefix); index < bucket.keys.length; index++) {
    const key = bucket.keys[index]!;
    if (!key.startsWith(prefix)) break;
    const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    if (cut !== -1) {
      const commonPrefix = key.slice(0, cut + delimiter.length);
      if (prefixes.at(-1) === commonPrefix || isBehind(KeyMarker, commonPrefix)) continue;
      if (count() >= limit) {
        truncated = true;
        break;
      }
      prefixes.push(commonPrefix);
      last = { key: commonPrefix };
      continue;
    }
    if (isBehind(KeyMarker, key) && !(key === KeyMarker && VersionIdMarker !== undefined)) continue;
    let skipping = key === KeyMarker && VersionIdMarker !== undefined;
    for (const [position, version] of bucket.versions(key).entries()) {
      if (skipping) {
        skipping = version.versionId !== VersionIdMarker;
        continue;
      }
      if (count() >= limit) {
        truncated = true;
        break walk;
      }
      push(key, version, position === 0);
    }
  }
  return {
    Name: input.Bucket,
    Prefix: encode(prefix),
    KeyMarker: encode(KeyMarker ?? ''),
    VersionIdMarker: VersionIdMarker ?? '',
    ...(delimiter === '' ? {} : { Delimiter: encode(delimiter) }),
    MaxKeys: limit,
    IsTruncated: truncated && limit > 0,
    ...(input.EncodingType === undefined ? {} : { EncodingType: input.EncodingType }),
    ...(truncated && last !== undefined
      ? {
          NextKeyMarker: encode(last.key),
          ...(last.versionId === undefined ? {} : { NextVersionIdMarker: last.versionId }),
        }
      : {}),
    Versions: versions,
    DeleteMarkers: markers,
    CommonPrefixes: prefixes.map((one) => ({ Prefix: encode(one) })),
  };
}

/** Whether the page before already had this key or common prefix. */
const isBehind = (marker: string | undefined, key: string) =>
  marker !== undefined && compareKeys(key, marker) <= 0;
