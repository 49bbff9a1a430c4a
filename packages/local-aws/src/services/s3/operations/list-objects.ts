import type {
  ListObjectsCommandInput,
  ListObjectsCommandOutput,
  ListObjectsV2CommandInput,
  ListObjectsV2CommandOutput,
} from '@aws-sdk/client-s3';
import type { S3Context } from '../context.ts';
import { encodedWith } from '../responses.ts';
import type { Bucket } from '../store/bucket.ts';
import {
  continuationToken,
  type ListedEntry,
  type Listing,
  listKeys,
  pageSize,
  readContinuationToken,
} from './listing.ts';

export function listObjectsV2(
  s3: S3Context,
  input: ListObjectsV2CommandInput,
): Omit<ListObjectsV2CommandOutput, '$metadata'> {
  const bucket = s3.store.bucket(input.Bucket!);
  const limit = pageSize(input.MaxKeys, 'max-keys');
  const after =
    input.ContinuationToken === undefined
      ? (input.StartAfter ?? '')
      : readContinuationToken(input.ContinuationToken);
  const listing = list(bucket, input, after, limit);
  const encode = encodedWith(input.EncodingType);
  return {
    Name: input.Bucket,
    Prefix: encode(input.Prefix ?? ''),
    ...(input.Delimiter ? { Delimiter: encode(input.Delimiter) } : {}),
    MaxKeys: limit,
    KeyCount: listing.entries.length,
    IsTruncated: listing.truncated,
    ...(input.EncodingType === undefined ? {} : { EncodingType: input.EncodingType }),
    ...(input.ContinuationToken === undefined ? {} : { ContinuationToken: input.ContinuationToken }),
    ...(input.StartAfter === undefined ? {} : { StartAfter: encode(input.StartAfter) }),
    ...(listing.truncated ? { NextContinuationToken: continuationToken(listing.last) } : {}),
    Contents: contents(bucket, listing.entries, encode, input.FetchOwner ? s3.world.accountId : undefined),
    CommonPrefixes: commonPrefixes(listing.entries, encode),
  };
}

/** The older form; `NextMarker` only with a delimiter, as S3 has it. */
export function listObjects(
  s3: S3Context,
  input: ListObjectsCommandInput,
): Omit<ListObjectsCommandOutput, '$metadata'> {
  const bucket = s3.store.bucket(input.Bucket!);
  const limit = pageSize(input.MaxKeys, 'max-keys');
  const listing = list(bucket, input, input.Marker ?? '', limit);
  const encode = encodedWith(input.EncodingType);
  return {
    Name: input.Bucket,
    Prefix: encode(input.Prefix ?? ''),
    Marker: encode(input.Marker ?? ''),
    ...(input.Delimiter ? { Delimiter: encode(input.Delimiter) } : {}),
    MaxKeys: limit,
    IsTruncated: listing.truncated,
    ...(input.EncodingType === undefined ? {} : { EncodingType: input.EncodingType }),
    ...(listing.truncated && input.Delimiter ? { NextMarker: encode(listing.last) } : {}),
    Contents: contents(bucket, listing.entries, encode, s3.world.accountId),
    CommonPrefixes: commonPrefixes(listing.entries, encode),
  };
}

function list(
  bucket: Bucket,
  input: { Prefix?: string | undefined; Delimiter?: string | undefined },
  after: string,
  limit: number,
): Listing {
  return listKeys(
    bucket.keys,
    { prefix: input.Prefix ?? '', delimiter: input.Delimiter ?? '', after, limit },
    (key) => bucket.current(key) !== undefined,
  );
}

function contents(
  bucket: Bucket,
  entries: readonly ListedEntry[],
  encode: (text: string) => string,
  ownerId: string | undefined,
) {
  return entries.flatMap((entry) => {
    if (!('key' in entry)) return [];
    const version = bucket.current(entry.key)!;
    return [
      {
        Key: encode(entry.key),
        LastModified: new Date(version.modified),
        ETag: `"${version.etag}"`,
        Size: version.size,
        StorageClass: 'STANDARD' as const,
        ...(version.checksum === undefined
          ? {}
          : { ChecksumAlgorithm: [version.checksum.algorithm], ChecksumType: version.checksum.type }),
        ...(ownerId === undefined ? {} : { Owner: { ID: ownerId } }),
      },
    ];
  });
}

export function commonPrefixes(entries: readonly ListedEntry[], encode: (text: string) => string) {
  return entries.flatMap((entry) => ('key' in entry ? [] : [{ Prefix: encode(entry.commonPrefix) }]));
}
