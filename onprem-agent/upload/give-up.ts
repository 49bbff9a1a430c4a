import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AbortMultipartUploadCommand } from '@aws-sdk/client-s3';
import { uploadClient } from '../aws/s3-clients.ts';
import { errorFields } from '../cli/errors.ts';
import { type Entry, partRecordOf, writeFailure } from '../spool/entry.ts';
import { PartRecord } from './part-record.ts';
import { troubleOf } from './trouble.ts';
import { removeEntry } from './upload-entry.ts';

/**
 * Decides what becomes of an entry whose upload has ended with an error. It stays where a later attempt can
 * succeed, or where parts of it are in the bucket; then it says why.
 *
 * @returns whether it stays
 */
export async function keepOrRemove(
  entry: Entry,
  error: unknown,
  environment: NodeJS.ProcessEnv,
): Promise<boolean> {
  const { folder } = entry;
  const mends = troubleOf(error) !== 'final';
  const { name, message, hint } = errorFields(error);
  if (name === 'IntegrityViolation') await abortUploads(entry, environment);
  else if (mends || (await hasParts(folder))) {
    const at = new Date().toISOString();
    await writeFailure(folder, { at, name, message, ...(hint === undefined ? {} : { hint }) });
    return true;
  }
  await removeEntry(folder);
  return false;
}

async function hasParts(folder: string): Promise<boolean> {
  return (await readdir(join(folder, 'parts')).catch(() => [])).length > 0;
}

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
