import { join } from 'node:path';
import { type Manifest, manifestSchema } from '#core/contracts/manifest.ts';
import { InvalidInputError } from '#core/errors.ts';
import { requireListed } from '#core/model-files.ts';
import { parseJson } from '#core/parse.ts';
import { isTrusted, type SigningTrust } from '#core/signing-trust.ts';
import { isFromTheFuture } from '#core/versions.ts';
import { findDeployment } from '../aws/deployment.ts';
import { explained } from '../aws/explain.ts';
import { uploadClient } from '../aws/s3-clients.ts';
import { serverClock } from '../aws/server-clock.ts';
import { writeActivity } from '../spool/activity.ts';
import {
  DAMAGED_HINT,
  type Entry,
  type EntryDestination,
  isCancelled,
  modelFolderOf,
  readSigned,
} from '../spool/entry.ts';
import { cancelled, removeEntry } from '../spool/remove-entry.ts';
import { type UploadResult, writeResult } from '../spool/result.ts';
import { abortUploads } from './abort-uploads.ts';
import { Concurrency } from './concurrency.ts';
import { createMeter } from './meter.ts';
import { type FailedAttempt, Persistence } from './persistence.ts';
import { sourceFile } from './source-file.ts';
import type { Throttle } from './throttle.ts';
import { requireTrusted } from './trusted-key.ts';
import { uploadModel } from './upload-model.ts';

/** Milliseconds between two notes of how far an upload is. */
const NOTE_MS = 1000;

export interface EntryUpload {
  state: string;
  environment: NodeJS.ProcessEnv;
  throttle: Throttle;
  /** As `PersistenceOptions` has it. */
  patient: boolean;
  onProgress(moment: { done: number; total: number; rate: number }): void;
  onFailure(attempt: FailedAttempt): void;
  onRecovery(): void;
  now(): number;
  signal: AbortSignal;
}

/**
 * Uploads an entry of the spool, goes on where it was, and removes it when it is done. Its lock is the
 * caller's.
 *
 * @returns what is kept of it
 * @throws GraftError where it is given up; the entry stays
 */
export async function uploadEntry(entry: Entry, upload: EntryUpload): Promise<UploadResult> {
  const { folder, record } = entry;
  const startedAt = upload.now();
  const signed = await readSigned(folder);
  const manifest = parseJson(manifestSchema, signed.manifestBytes.toString(), `manifest.json in "${folder}"`);
  const destination = record.destination;
  const s3 = uploadClient(destination, upload.environment);
  const clock = serverClock(s3);
  const total = record.files.reduce((sum, file) => sum + file.size, 0);
  const meter = createMeter(upload.now);
  const cancellation = new AbortController();
  const signal = AbortSignal.any([upload.signal, cancellation.signal]);
  let waits: string | undefined;
  const persistence = new Persistence({
    patient: upload.patient,
    onFailure(attempt) {
      waits = attempt.error.message;
      upload.onFailure(attempt);
    },
    onRecovery() {
      waits = undefined;
      upload.onRecovery();
    },
    signal,
  });
  const progress = () => {
    const moment = { done: Math.min(meter.done, total), total, rate: meter.rate() };
    upload.onProgress(moment);
    return moment;
  };
  const note = async () => {
    if (await isCancelled(folder)) cancellation.abort();
    await writeActivity(folder, {
      at: new Date().toISOString(),
      ...progress(),
      ...(waits === undefined ? {} : { waits }),
    });
  };
  const timer = setInterval(() => void note(), NOTE_MS);
  try {
    const known = await resolved(destination, persistence, signed);
    const { trust } = known;
    const transfer = {
      s3,
      persistence,
      throttle: upload.throttle,
      concurrency: new Concurrency(),
      idleBuffers: [],
      onSent: meter.addSent,
      signal,
    };
    const model = { folder, manifest, ...signed, files: checkedFiles(entry, manifest, signal) };
    const uploaded = await explained(`upload to s3://${known.bucket}/`, () =>
      uploadModel(transfer, model, {
        bucket: known.bucket,
        isTrusted: trust && ((found) => isTrusted(signed.manifestBytes, found, trust)),
        onPresent: meter.addPresent,
        beforeUpload: () => refuseFutureVersion(record.version, clock()),
      }),
    );
    clearInterval(timer);
    progress();
    const { arrival, ...rest } = uploaded;
    const result: UploadResult = {
      schemaVersion: 1,
      id: record.id,
      finishedAt: new Date().toISOString(),
      seconds: (upload.now() - startedAt) / 1000,
      bytes: total,
      bucket: known.bucket,
      model: record.model,
      version: record.version,
      ...rest,
      ...(arrival === undefined ? {} : { arrival }),
    };
    await writeResult(upload.state, result);
    await removeEntry(folder);
    return result;
  } catch (error) {
    if (!cancellation.signal.aborted || upload.signal.aborted) throw error;
    await abortUploads(entry, upload.environment);
    await removeEntry(folder);
    throw cancelled(record.id);
  } finally {
    clearInterval(timer);
    s3.destroy();
  }
}

/** Files are checked against the manifest while they are uploaded, by any process at any time. */
function checkedFiles({ folder, record }: Entry, manifest: Manifest, signal: AbortSignal) {
  const where = { place: `"${record.source}"`, hint: DAMAGED_HINT };
  return manifest.files.map(({ name, size }) => ({
    name,
    ...sourceFile(
      { path: join(modelFolderOf(folder), name), size },
      (found) => requireListed(manifest, { name, ...found }, where),
      signal,
    ),
  }));
}

/** Where the stack could not be asked when the model was spooled, it is asked now. */
async function resolved(
  destination: EntryDestination,
  persistence: Persistence,
  signed: { manifestBytes: Buffer; signature: string },
): Promise<{ bucket: string; trust: SigningTrust | undefined }> {
  const { bucket, trust, stack } = destination;
  if (bucket !== undefined) return { bucket, trust };
  const { cloudFormationClient } = await import('../aws/clients.ts');
  const client = cloudFormationClient(destination);
  const deployment = await persistence.run(`look up stack ${stack}`, () =>
    findDeployment(client, { bucket: undefined, stack }, 'ModelsBucket'),
  );
  requireTrusted(signed.manifestBytes, signed.signature, deployment, undefined);
  return { bucket: deployment.bucket, trust: deployment.stack?.trust };
}

/** @throws InvalidInputError when the version is in the future by S3's clock */
function refuseFutureVersion(version: string, at: Date | undefined): void {
  if (at === undefined || !isFromTheFuture(version, at.getTime())) return;
  throw new InvalidInputError(
    `Version ${version} lies in the future: S3's clock says ${at.toISOString()}. Every later model would be taken for an older one`,
    {
      hint: 'Correct the clock of the machine that trained it, and push with --redate, which makes it a version of this moment.',
    },
  );
}
