import {
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListPartsCommand,
  type Part,
} from '@aws-sdk/client-s3';
import { IntegrityError } from '#core/errors.ts';
import { compositeChecksum } from '../aws/checksum.ts';
import type { PartRecord, RecordedUpload } from './part-record.ts';
import { persistentS3, type S3 } from './persistence.ts';
import { sendPart } from './send-part.ts';
import type { SourceFile } from './source-file.ts';
import type { Destination, Transfer } from './transfer.ts';

/** How often an upload that S3 no longer knows is begun again. S3 forgets one only when it is aborted. */
const MOST_BEGINNINGS = 3;

/**
 * Uploads a file in parts. What S3 says it has of an earlier attempt is not sent again, whatever ended that
 * attempt. A part that fails does not stop the others.
 *
 * @param onPresent is told of bytes that were there already
 * @throws the SDK's error for the completion's condition (412)
 * @throws IntegrityError when the file has changed, or the object is not made of the parts that were sent
 * @throws what the file's check throws
 */
export async function uploadInParts(
  transfer: Transfer,
  destination: Destination,
  { file, record }: { file: SourceFile; record: PartRecord },
  onPresent: (bytes: number) => void,
): Promise<void> {
  const s3 = persistentS3(transfer.s3, transfer.persistence);
  for (let beginnings = 1; ; beginnings++) {
    const upload = await resumeOrBegin(s3, destination, { file, record });
    try {
      for (const number of upload.parts.keys()) onPresent(sizeOf(file, number));
      await sendMissing(transfer, destination, { file, record, upload });
      await complete(s3, destination, file, upload);
      return;
    } catch (error) {
      if (!isNoSuchUpload(error) || beginnings === MOST_BEGINNINGS) throw error;
      await record.remove();
    }
  }
}

type Source = { file: SourceFile; record: PartRecord };

async function resumeOrBegin(
  s3: S3,
  { bucket, key }: Destination,
  { file, record }: Source,
): Promise<RecordedUpload> {
  const { size, partSize } = file;
  const known = await record.read();
  if (known?.key === key && known.size === size && known.partSize === partSize) {
    const parts = await partsThere(s3, { bucket, key }, known, file);
    if (parts !== undefined) return { ...known, parts };
  }
  const { UploadId } = await s3.send(
    new CreateMultipartUploadCommand({ Bucket: bucket, Key: key, ChecksumAlgorithm: 'SHA256' }),
  );
  const beginning = { uploadId: UploadId!, key, size, partSize };
  await record.begin(beginning);
  return { ...beginning, parts: new Map() };
}

/**
 * ETags of the parts that S3 has, with the right bytes, by part number. Without permission to list them, what
 * the record says.
 *
 * @returns undefined where S3 does not know the upload any more
 */
async function partsThere(
  s3: S3,
  { bucket, key }: Pick<Destination, 'bucket' | 'key'>,
  known: RecordedUpload,
  file: SourceFile,
): Promise<Map<number, string> | undefined> {
  const parts = new Map<number, string>();
  let marker: string | undefined;
  try {
    do {
      const page = await s3.send(
        new ListPartsCommand({
          Bucket: bucket,
          Key: key,
          UploadId: known.uploadId,
          ...(marker === undefined ? {} : { PartNumberMarker: marker }),
        }),
      );
      for (const part of page.Parts ?? []) {
        if (await isRight(part, file)) parts.set(part.PartNumber!, part.ETag!);
      }
      marker = page.IsTruncated ? page.NextPartNumberMarker : undefined;
    } while (marker !== undefined);
    return parts;
  } catch (error) {
    if (isNoSuchUpload(error)) return undefined;
    if (!isDenied(error)) throw error;
    return known.parts;
  }
}

const isRight = async ({ PartNumber, Size, ChecksumSHA256 }: Part, file: SourceFile): Promise<boolean> =>
  PartNumber! <= file.partCount &&
  Size === sizeOf(file, PartNumber!) &&
  ChecksumSHA256 === (await file.digestOf(PartNumber! - 1));

const sizeOf = ({ size, partSize, partCount }: SourceFile, number: number): number =>
  number < partCount ? partSize : size - partSize * (partCount - 1);

async function sendMissing(
  transfer: Transfer,
  destination: Destination,
  { file, record, upload }: Source & { upload: RecordedUpload },
): Promise<void> {
  const failures: unknown[] = [];
  const recorded: Promise<void>[] = [];
  let isWrong = false;
  file.digests().catch((error: unknown) => {
    isWrong = true;
    failures.unshift(error);
  });
  const send = async (number: number) => {
    const start = (number - 1) * file.partSize;
    const range = { path: file.path, start, end: start + sizeOf(file, number) };
    const { uploadId } = upload;
    try {
      const digest = await file.digestOf(number - 1);
      const etag = await sendPart(transfer, destination, { ...range, digest, uploadId, number });
      upload.parts.set(number, etag);
      // The connection is free for the next part while the disk writes.
      recorded.push(record.add(number, etag));
    } catch (error) {
      failures.push(error);
    }
  };
  const active = new Set<Promise<void>>();
  for (let number = 1; number <= file.partCount; number++) {
    if (upload.parts.has(number)) continue;
    while (active.size >= transfer.concurrency.limit) await Promise.race(active);
    // After any other failure the rest goes on: a part that is there need not be sent the next time.
    if (transfer.signal.aborted || isWrong || failures.some(isNoSuchUpload)) break;
    const one = send(number).finally(() => active.delete(one));
    active.add(one);
  }
  await Promise.all(active);
  await Promise.all(recorded);
  if (failures.length > 0) throw failures[0];
}

async function complete(
  s3: S3,
  { bucket, key, condition }: Destination,
  file: SourceFile,
  upload: RecordedUpload,
): Promise<void> {
  const digests = await file.digests();
  const parts: CompletedPart[] = digests.map((digest, index) => ({
    PartNumber: index + 1,
    ETag: upload.parts.get(index + 1)!,
    ChecksumSHA256: digest,
  }));
  const checksum = compositeChecksum(digests);
  const { ChecksumSHA256 } = await s3.send(
    new CompleteMultipartUploadCommand({
      Bucket: bucket,
      Key: key,
      UploadId: upload.uploadId,
      MultipartUpload: { Parts: parts },
      ChecksumSHA256: checksum,
      MpuObjectSize: file.size,
      ...condition,
    }),
  );
  if (ChecksumSHA256 === undefined || ChecksumSHA256 === checksum) return;
  throw new IntegrityError(
    `s3://${bucket}/${key} was put together with the SHA-256 ${ChecksumSHA256} instead of ${checksum}`,
    { hint: 'Push again; nothing is promoted until then.' },
  );
}

export const isNoSuchUpload = (error: unknown): boolean =>
  error instanceof Error && error.name === 'NoSuchUpload';
const isDenied = (error: unknown): boolean =>
  (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode === 403;
