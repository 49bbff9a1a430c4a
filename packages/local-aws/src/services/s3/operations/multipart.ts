import { randomBytes } from 'node:crypto';
import type {
  AbortMultipartUploadCommandInput,
  CreateMultipartUploadCommandInput,
  CreateMultipartUploadCommandOutput,
  UploadPartCommandInput,
  UploadPartCommandOutput,
  UploadPartCopyCommandInput,
  UploadPartCopyCommandOutput,
} from '@aws-sdk/client-s3';
import type { RequestContext } from '../../../service.ts';
import { checksumMember, parseAlgorithm } from '../checksums/algorithms.ts';
import type { S3Context } from '../context.ts';
import { invalidArgument, invalidRequest, noSuchUpload } from '../errors.ts';
import {
  assertKey,
  type DescribingMembers,
  describedHeaders,
  describedMetadata,
  describedTags,
} from '../object-headers.ts';
import { parseRange } from '../range.ts';
import { type BodyMembers, receive } from '../receive.ts';
import type { PartRecord, UploadRecord } from '../store/records.ts';
import { readCopySource, withoutBody } from './copy-object.ts';
import { bytesOf } from './get-object.ts';
import { checksumTypeFor } from './multipart-checksum.ts';

/** S3's greatest part number. */
const MOST_PARTS = 10_000;

export function createMultipartUpload(
  { store, world }: S3Context,
  input: CreateMultipartUploadCommandInput,
  request: RequestContext,
): Omit<CreateMultipartUploadCommandOutput, '$metadata'> {
  store.bucket(input.Bucket!);
  assertKey(input.Key!);
  const chosen = parseAlgorithm(input.ChecksumAlgorithm);
  const algorithm = chosen ?? 'CRC64NVME';
  const type = checksumTypeFor(algorithm, input.ChecksumType);
  const tags = describedTags(input.Tagging);
  const uploadId = randomBytes(48).toString('base64url').replaceAll(/[-_]/g, 'x');
  store.uploads.put(uploadId, {
    bucket: input.Bucket!,
    key: input.Key!,
    uploadId,
    initiated: world.clock.now(),
    headers: describedHeaders(input as DescribingMembers, request),
    metadata: describedMetadata(input.Metadata),
    ...(tags === undefined ? {} : { tags }),
    checksum: { algorithm, type },
    chosen: chosen !== undefined,
  });
  return {
    Bucket: input.Bucket,
    Key: input.Key,
    UploadId: uploadId,
    ...(chosen === undefined ? {} : { ChecksumAlgorithm: chosen, ChecksumType: type }),
  };
}

/** The upload, if it is this key's. @throws ServiceError NoSuchUpload */
export function findUpload(
  { store }: S3Context,
  input: { Bucket?: string | undefined; Key?: string | undefined; UploadId?: string | undefined },
): UploadRecord {
  store.bucket(input.Bucket!);
  const upload = store.uploads.get(input.UploadId!);
  if (upload === undefined || upload.bucket !== input.Bucket || upload.key !== input.Key) {
    throw noSuchUpload(input.UploadId!);
  }
  return upload;
}

export async function uploadPart(
  s3: S3Context,
  input: UploadPartCommandInput,
  request: RequestContext,
): Promise<Omit<UploadPartCommandOutput, '$metadata'>> {
  const part = await storePart(s3, input as BodyMembers & UploadPartCommandInput, request);
  const { algorithm, value } = part.sent ?? part.checksum;
  return { ETag: `"${part.md5}"`, [checksumMember(algorithm)]: value };
}

export async function uploadPartCopy(
  s3: S3Context,
  input: UploadPartCopyCommandInput,
  request: RequestContext,
): Promise<Omit<UploadPartCopyCommandOutput, '$metadata'>> {
  findUpload(s3, input);
  const { version } = readCopySource(s3, input);
  const range = parseRange(input.CopySourceRange, version.size);
  const { Bucket, Key, UploadId, PartNumber } = input;
  const part = await storePart(
    s3,
    { Bucket, Key, UploadId, PartNumber, Body: bytesOf(s3.store.blobs, version, range) },
    withoutBody(request),
  );
  return {
    CopyPartResult: {
      ETag: `"${part.md5}"`,
      LastModified: new Date(part.modified),
      [checksumMember(part.checksum.algorithm)]: part.checksum.value,
    },
  };
}

type PartInput = BodyMembers & Pick<UploadPartCommandInput, 'Bucket' | 'Key' | 'UploadId' | 'PartNumber'>;

async function storePart(s3: S3Context, input: PartInput, request: RequestContext): Promise<PartRecord> {
  const { store, world } = s3;
  const upload = findUpload(s3, input);
  const partNumber = input.PartNumber!;
  if (!Number.isInteger(partNumber) || partNumber < 1 || partNumber > MOST_PARTS) {
    throw invalidArgument(
      'Part number must be an integer between 1 and 10000, inclusive',
      'partNumber',
      partNumber,
    );
  }
  const received = await receive(store.blobs, input, request, {
    fallback: upload.checksum.algorithm,
    alsoFallback: !upload.chosen,
  });
  const { algorithm } = received.checksum;
  try {
    if (upload.chosen && algorithm !== upload.checksum.algorithm) {
      throw invalidRequest(
        `Checksum Type mismatch occurred, expected checksum Type: ${upload.checksum.algorithm.toLowerCase()}, actual checksum Type: ${algorithm.toLowerCase()}`,
      );
    }
    // It may have been completed or aborted while the bytes came in.
    findUpload(s3, input);
  } catch (error) {
    store.blobs.remove([received.blob]);
    throw error;
  }
  const part: PartRecord = {
    partNumber,
    size: received.size,
    md5: received.md5,
    checksum: received.own ?? received.checksum,
    ...(received.own === undefined ? {} : { sent: received.checksum }),
    blob: received.blob,
    modified: world.clock.now(),
  };
  store.putPart(upload.uploadId, part);
  return part;
}

export function abortMultipartUpload(s3: S3Context, input: AbortMultipartUploadCommandInput): object {
  const upload = findUpload(s3, input);
  s3.store.removeUpload(upload.uploadId, []);
  return {};
}
