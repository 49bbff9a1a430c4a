import { md5OfFile, s3Checksum } from '../aws/checksum.ts';
import { type Put, putOnce } from '../aws/objects.ts';
import { uploadInParts } from './multipart.ts';
import type { PartRecord } from './part-record.ts';
import { persistentS3 } from './persistence.ts';
import { sendWhole } from './send-part.ts';
import type { SourceFile } from './source-file.ts';
import type { Transfer } from './transfer.ts';

export interface FileUpload {
  bucket: string;
  key: string;
  file: SourceFile;
  /** What is known of an earlier attempt. */
  record: PartRecord;
  /** Whether another object under the key may be replaced, if it has not changed since it was looked at. */
  replace: boolean;
  /** Is told of bytes that were there already. */
  onPresent(bytes: number): void;
}

/**
 * Uploads a file, in parts if it is large, and goes on where an earlier attempt ended. An object with the
 * same checksum stays.
 *
 * @throws IntegrityError when another object stands under the key and may not be replaced, or the file has
 *   changed since it was digested
 */
export async function putFile(transfer: Transfer, upload: FileUpload): Promise<Put> {
  const { bucket, key, file, record } = upload;
  const s3 = persistentS3(transfer.s3, transfer.persistence);
  const content = { checksum: async () => s3Checksum(await file.digests()), md5: () => md5OfFile(file.path) };
  let present = 0;
  const onPresent = (bytes: number) => {
    present += bytes;
    upload.onPresent(bytes);
  };
  try {
    const put = await putOnce(
      { s3, bucket, key, signal: transfer.signal },
      content,
      upload.replace,
      async (condition) => {
        const destination = { bucket, key, condition };
        if (file.partCount > 1) await uploadInParts(transfer, destination, { file, record }, onPresent);
        else await sendWhole(transfer, destination, { ...wholeOf(file), digest: (await file.digests())[0]! });
      },
    );
    if (put === 'already-there') upload.onPresent(file.size - present);
    await record.remove();
    return put;
  } catch (error) {
    await record.close();
    throw error;
  }
}

const wholeOf = ({ path, size }: SourceFile) => ({ path, start: 0, end: size });
