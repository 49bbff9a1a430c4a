import { AbortMultipartUploadCommand } from '@aws-sdk/client-s3';
import { uploadClient } from '../aws/s3-clients.ts';
import { type Entry, partRecordOf } from '../spool/entry.ts';
import { PartRecord } from './part-record.ts';

/**
 * Tells S3 to drop the parts of uploads that will not be finished. Where that fails, the bucket's life cycle
 * removes them after a week.
 *
 * @returns how many uploads were dropped
 */
export async function abortUploads(entry: Entry, environment: NodeJS.ProcessEnv): Promise<number> {
  const { destination, files } = entry.record;
  if (destination.bucket === undefined) return 0;
  const s3 = uploadClient(destination, environment);
  let dropped = 0;
  for (const { name } of files) {
    const upload = await new PartRecord(partRecordOf(entry.folder, name)).read();
    if (upload === undefined) continue;
    const { key, uploadId } = upload;
    const command = new AbortMultipartUploadCommand({
      Bucket: destination.bucket,
      Key: key,
      UploadId: uploadId,
    });
    await s3.send(command).then(
      () => dropped++,
      () => {},
    );
  }
  s3.destroy();
  return dropped;
}
