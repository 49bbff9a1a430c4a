import type {
  ListMultipartUploadsCommandInput,
  ListMultipartUploadsCommandOutput,
  ListPartsCommandInput,
  ListPartsCommandOutput,
} from '@aws-sdk/client-s3';
import { checksumMember } from '../checksums/algorithms.ts';
import type { S3Context } from '../context.ts';
import { encodedWith } from '../responses.ts';
import { compareKeys } from '../store/key-order.ts';
import { pageSize } from './listing.ts';
import { findUpload } from './multipart.ts';

export function listParts(
  s3: S3Context,
  input: ListPartsCommandInput,
): Omit<ListPartsCommandOutput, '$metadata'> {
  const upload = findUpload(s3, input);
  const owner = { ID: s3.world.accountId };
  const limit = pageSize(input.MaxParts, 'max-parts');
  const after = Number(input.PartNumberMarker ?? 0);
  const rest = s3.store.parts(upload.uploadId).filter((part) => part.partNumber > after);
  const page = rest.slice(0, limit);
  const truncated = rest.length > page.length;
  return {
    Bucket: upload.bucket,
    Key: upload.key,
    UploadId: upload.uploadId,
    PartNumberMarker: String(after),
    ...(truncated && page.length > 0 ? { NextPartNumberMarker: String(page.at(-1)!.partNumber) } : {}),
    MaxParts: limit,
    IsTruncated: truncated,
    Parts: page.map((part) => ({
      PartNumber: part.partNumber,
      LastModified: new Date(part.modified),
      ETag: `"${part.md5}"`,
      Size: part.size,
      ...(upload.chosen ? { [checksumMember(part.checksum.algorithm)]: part.checksum.value } : {}),
    })),
    Initiator: owner,
    Owner: owner,
    StorageClass: 'STANDARD',
    ...(upload.chosen
      ? { ChecksumAlgorithm: upload.checksum.algorithm, ChecksumType: upload.checksum.type }
      : {}),
  };
}

/** Uploads under way, by key and within a key the oldest first; without a delimiter. */
export function listMultipartUploads(
  { store, world }: S3Context,
  input: ListMultipartUploadsCommandInput,
): Omit<ListMultipartUploadsCommandOutput, '$metadata'> {
  store.bucket(input.Bucket!);
  const encode = encodedWith(input.EncodingType);
  const limit = pageSize(input.MaxUploads, 'max-uploads');
  const owner = { ID: world.accountId };
  const { KeyMarker, UploadIdMarker } = input;
  const all = store.uploads
    .list()
    .map(({ value }) => value)
    .filter((upload) => upload.bucket === input.Bucket && upload.key.startsWith(input.Prefix ?? ''))
    .sort((a, b) => compareKeys(a.key, b.key) || a.initiated - b.initiated);
  const markerAt = all.findIndex((upload) => upload.key === KeyMarker && upload.uploadId === UploadIdMarker);
  const rest =
    markerAt >= 0
      ? all.slice(markerAt + 1)
      : all.filter((upload) => KeyMarker === undefined || compareKeys(upload.key, KeyMarker) > 0);
  const page = rest.slice(0, limit);
  const truncated = rest.length > page.length;
  const last = page.at(-1);
  return {
    Bucket: input.Bucket,
    KeyMarker: encode(KeyMarker ?? ''),
    UploadIdMarker: UploadIdMarker ?? '',
    ...(truncated && last ? { NextKeyMarker: encode(last.key), NextUploadIdMarker: last.uploadId } : {}),
    Prefix: encode(input.Prefix ?? ''),
    ...(input.EncodingType === undefined ? {} : { EncodingType: input.EncodingType }),
    MaxUploads: limit,
    IsTruncated: truncated,
    Uploads: page.map((upload) => ({
      Key: encode(upload.key),
      UploadId: upload.uploadId,
      Initiated: new Date(upload.initiated),
      StorageClass: 'STANDARD',
      Owner: owner,
      Initiator: owner,
      ...(upload.chosen
        ? { ChecksumAlgorithm: upload.checksum.algorithm, ChecksumType: upload.checksum.type }
        : {}),
    })),
  };
}
