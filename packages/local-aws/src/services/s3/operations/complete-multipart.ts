import { createHash } from 'node:crypto';
import type {
  CompletedPart,
  CompleteMultipartUploadCommandInput,
  CompleteMultipartUploadCommandOutput,
} from '@aws-sdk/client-s3';
import { type RequestContext, ServiceError } from '../../../service.ts';
import { givenChecksum } from '../checksums/algorithms.ts';
import { assertSupported, assertWritable } from '../conditions.ts';
import type { S3Context } from '../context.ts';
import { badDigest, invalidRequest, malformedXml } from '../errors.ts';
import { publishCreated } from '../events.ts';
import { assertBody } from '../receive.ts';
import { checksumMembers, versionHeader } from '../responses.ts';
import type { PartRecord, UploadRecord, Version } from '../store/records.ts';
import { findUpload } from './multipart.ts';
import { wholeChecksum } from './multipart-checksum.ts';

/** S3's least size of every part but the last. */
const LEAST_PART = 5 * 1024 * 1024;

/** Makes the parts one object, in one synchronous step and without copying them. */
export function completeMultipartUpload(
  s3: S3Context,
  input: CompleteMultipartUploadCommandInput,
  request: RequestContext,
): Omit<CompleteMultipartUploadCommandOutput, '$metadata'> {
  const { store, world } = s3;
  const bucket = store.bucket(input.Bucket!);
  const key = input.Key!;
  assertBody(withoutChecksums(request));
  assertSupported(input);
  const current = bucket.current(key);
  if (current !== undefined && current.uploadId === input.UploadId && !store.uploads.has(input.UploadId!)) {
    return completed(s3, input, current);
  }
  const upload = findUpload(s3, input);
  const parts = chosenParts(upload, store.parts(upload.uploadId), input.MultipartUpload?.Parts ?? []);
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  if (input.MpuObjectSize !== undefined && Number(input.MpuObjectSize) !== size) {
    throw invalidRequest('The provided MpuObjectSize does not match the size of the object.');
  }
  const checksum = wholeChecksum(upload.checksum, parts);
  const given = givenChecksum(input as unknown as Record<string, unknown>);
  // S3 takes a composite with and without the number of parts.
  const accepted = [checksum.value, checksum.value.replace(/-\d+$/, '')];
  if (given !== undefined && (given.algorithm !== checksum.algorithm || !accepted.includes(given.value))) {
    throw badDigest(given.algorithm);
  }
  assertWritable(input, key, undefined, current);
  const md5s = Buffer.concat(parts.map((part) => Buffer.from(part.md5, 'hex')));
  const version: Version = {
    versionId: store.nextVersionId(bucket),
    sequencer: store.nextSequencer(),
    modified: world.clock.now(),
    size,
    etag: `${createHash('md5').update(md5s).digest('hex')}-${parts.length}`,
    segments: parts.map(({ blob, size: bytes }) => ({ blob, size: bytes })),
    headers: upload.headers,
    metadata: upload.metadata,
    checksum,
    ...(upload.chosen ? { partChecksums: parts.map((part) => part.checksum.value) } : {}),
    ...(upload.tags === undefined ? {} : { tags: upload.tags }),
    uploadId: upload.uploadId,
  };
  store.blobs.remove(bucket.add(key, version).freed);
  store.removeUpload(
    upload.uploadId,
    parts.map((part) => part.blob),
  );
  publishCreated(s3, { bucket, key, version, request }, 'CompleteMultipartUpload');
  return completed(s3, input, version);
}

/** Checksum headers of this request are the object's, not the document's. */
function withoutChecksums(request: RequestContext): RequestContext {
  const kept = Object.entries(request.headers).filter(([name]) => !name.startsWith('x-amz-checksum-'));
  return { ...request, headers: Object.fromEntries(kept) };
}

function completed(
  { world }: S3Context,
  input: CompleteMultipartUploadCommandInput,
  version: Version,
): Omit<CompleteMultipartUploadCommandOutput, '$metadata'> {
  return {
    Location: `${world.endpoint}/${input.Bucket}/${encodeURIComponent(input.Key!)}`,
    Bucket: input.Bucket,
    Key: input.Key,
    ETag: `"${version.etag}"`,
    ...versionHeader(version),
    ...checksumMembers(version.checksum),
  };
}

/** The listed parts, checked against what was uploaded. */
function chosenParts(
  upload: UploadRecord,
  uploaded: readonly PartRecord[],
  listed: readonly CompletedPart[],
): PartRecord[] {
  if (listed.length === 0) throw malformedXml();
  const byNumber = new Map(uploaded.map((part) => [part.partNumber, part]));
  let previous = 0;
  const parts = listed.map((one) => {
    const number = one.PartNumber ?? 0;
    if (number <= previous) {
      throw new ServiceError(
        'InvalidPartOrder',
        'The list of parts was not in ascending order. The parts list must be specified in order by part number.',
      );
    }
    previous = number;
    const part = byNumber.get(number);
    const given = givenChecksum(one as Record<string, unknown>);
    const { algorithm, type } = upload.checksum;
    if (upload.chosen && type === 'COMPOSITE' && given === undefined) {
      throw invalidRequest(
        `The upload was created using a ${algorithm.toLowerCase()} checksum. The complete request must include the checksum for each part. It was missing for part ${number} in the request.`,
      );
    }
    if (
      part === undefined ||
      one.ETag?.replaceAll('"', '') !== part.md5 ||
      (given !== undefined &&
        ![part.checksum, part.sent].some(
          (known) => known?.algorithm === given.algorithm && known.value === given.value,
        ))
    ) {
      throw new ServiceError(
        'InvalidPart',
        "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
        400,
        { UploadId: upload.uploadId, PartNumber: String(number), ETag: one.ETag ?? '' },
      );
    }
    return part;
  });
  for (const part of parts.slice(0, -1)) {
    if (part.size >= LEAST_PART) continue;
    throw new ServiceError(
      'EntityTooSmall',
      'Your proposed upload is smaller than the minimum allowed size',
      400,
      {
        ProposedSize: String(part.size),
        MinSizeAllowed: String(LEAST_PART),
        PartNumber: String(part.partNumber),
        ETag: part.md5,
      },
    );
  }
  return parts;
}
