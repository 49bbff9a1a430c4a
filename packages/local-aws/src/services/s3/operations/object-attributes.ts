import type { GetObjectAttributesCommandInput, GetObjectAttributesCommandOutput } from '@aws-sdk/client-s3';
import { checksumMember } from '../checksums/algorithms.ts';
import type { S3Context } from '../context.ts';
import { checksumMembers, versionHeader } from '../responses.ts';
import { readableVersion } from './get-object.ts';
import { pageSize } from './listing.ts';

export function getObjectAttributes(
  { store }: S3Context,
  input: GetObjectAttributesCommandInput,
): Omit<GetObjectAttributesCommandOutput, '$metadata'> {
  const version = readableVersion(store.bucket(input.Bucket!), input.Key!, input.VersionId);
  const asked = new Set<string>(input.ObjectAttributes ?? []);
  const { checksum, partChecksums, segments } = version;
  const limit = pageSize(input.MaxParts, 'max-parts');
  const after = Number(input.PartNumberMarker ?? 0);
  const parts = segments.map(({ size }, index) => ({
    PartNumber: index + 1,
    Size: size,
    ...(checksum && partChecksums ? { [checksumMember(checksum.algorithm)]: partChecksums[index] } : {}),
  }));
  const page = parts.slice(after, after + limit);
  return {
    LastModified: new Date(version.modified),
    ...versionHeader(version),
    ...(asked.has('ETag') ? { ETag: version.etag } : {}),
    ...(asked.has('ObjectSize') ? { ObjectSize: version.size } : {}),
    ...(asked.has('StorageClass') ? { StorageClass: 'STANDARD' } : {}),
    ...(asked.has('Checksum') && checksum ? { Checksum: checksumMembers(checksum) } : {}),
    ...(asked.has('ObjectParts') && version.uploadId !== undefined
      ? {
          ObjectParts: {
            TotalPartsCount: segments.length,
            PartNumberMarker: String(after),
            MaxParts: limit,
            IsTruncated: after + page.length < parts.length,
            NextPartNumberMarker: String(after + page.length),
            // S3 lists single parts only where each has a checksum of its own.
            ...(checksum && partChecksums ? { Parts: page } : {}),
          },
        }
      : {}),
  };
}
