import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../../service.ts';
import { Collection } from '../../../store/collection.ts';
import { fileNameOf } from '../../../store/file-name.ts';
import { noSuchBucket } from '../errors.ts';
import { Blobs } from './blobs.ts';
import { Bucket, blobsOf } from './bucket.ts';
import { type BucketRecord, NULL_VERSION, type PartRecord, type UploadRecord } from './records.ts';

/** Sequencers count in steps of 1/4096 ms: two changes within a millisecond keep their order. */
const STEPS_PER_MILLISECOND = 4096;

/** Everything that S3 keeps: buckets, blobs, unfinished multipart uploads. */
export class S3Store {
  readonly blobs: Blobs;
  readonly uploads: Collection<UploadRecord>;
  readonly #parts: Collection<PartRecord>;
  readonly #bucketDocuments: Collection<BucketRecord>;
  readonly #buckets = new Map<string, Bucket>();
  readonly #folder: string;
  readonly #clock: Clock;
  #lastSequence = 0;

  constructor(folder: string, clock: Clock) {
    this.#folder = folder;
    this.#clock = clock;
    this.blobs = new Blobs(join(folder, 'blobs'));
    this.#bucketDocuments = new Collection(join(folder, 'buckets'));
    this.uploads = new Collection(join(folder, 'uploads'));
    this.#parts = new Collection(join(folder, 'parts'));
    for (const { key, value } of this.#bucketDocuments.list()) {
      this.#buckets.set(key, new Bucket(this.#objectsFolder(key), value));
    }
    this.#recover();
  }

  bucket(name: string): Bucket {
    const bucket = this.#buckets.get(name);
    if (bucket === undefined) throw noSuchBucket(name);
    return bucket;
  }

  buckets(): BucketRecord[] {
    return [...this.#buckets.values()].map((bucket) => bucket.record);
  }

  hasBucket(name: string): boolean {
    return this.#buckets.has(name);
  }

  /** Creates the bucket or changes its settings. */
  putBucket(record: BucketRecord): void {
    this.#bucketDocuments.put(record.name, record);
    const known = this.#buckets.get(record.name);
    if (known === undefined)
      this.#buckets.set(record.name, new Bucket(this.#objectsFolder(record.name), record));
    else known.record = record;
  }

  deleteBucket(name: string): void {
    this.#bucketDocuments.delete(name);
    this.#buckets.delete(name);
    rmSync(this.#objectsFolder(name), { recursive: true, force: true });
    for (const { key, value } of this.uploads.list()) if (value.bucket === name) this.removeUpload(key, []);
  }

  /** Version id for the next write to this bucket. */
  nextVersionId(bucket: Bucket): string {
    if (bucket.record.versioning !== 'Enabled') return NULL_VERSION;
    return randomBytes(24).toString('base64').replaceAll(/[+/]/g, 'x');
  }

  nextSequencer(): string {
    this.#lastSequence = Math.max(this.#clock.now() * STEPS_PER_MILLISECOND, this.#lastSequence + 1);
    return this.#lastSequence.toString(16).toUpperCase().padStart(16, '0');
  }

  parts(uploadId: string): PartRecord[] {
    return this.#parts
      .list(`${uploadId}/`)
      .map(({ value }) => value)
      .sort((a, b) => a.partNumber - b.partNumber);
  }

  /** Keeps a part; one with the same number is replaced. */
  putPart(uploadId: string, part: PartRecord): void {
    const key = `${uploadId}/${part.partNumber}`;
    const replaced = this.#parts.get(key);
    this.#parts.put(key, part);
    if (replaced !== undefined) this.blobs.remove([replaced.blob]);
  }

  /** Forgets an upload. Blobs in `kept` now belong to an object. */
  removeUpload(uploadId: string, kept: readonly string[]): void {
    const keep = new Set(kept);
    const parts = this.parts(uploadId);
    this.uploads.delete(uploadId);
    for (const part of parts) this.#parts.delete(`${uploadId}/${part.partNumber}`);
    this.blobs.remove(parts.map((part) => part.blob).filter((blob) => !keep.has(blob)));
  }

  #objectsFolder(bucket: string): string {
    return join(this.#folder, 'objects', fileNameOf(bucket));
  }

  /** After a kill: forgets uploads that were completed a moment before, and files that no record mentions. */
  #recover(): void {
    const mentioned = new Set<string>();
    for (const bucket of this.#buckets.values()) {
      for (const key of bucket.keys) {
        for (const version of bucket.versions(key)) {
          for (const blob of blobsOf(version)) mentioned.add(blob);
          if (version.uploadId !== undefined && this.uploads.has(version.uploadId)) {
            this.removeUpload(version.uploadId, blobsOf(version));
          }
          this.#lastSequence = Math.max(this.#lastSequence, Number.parseInt(version.sequencer, 16));
        }
      }
    }
    for (const { key, value } of this.#parts.list()) {
      const [uploadId = ''] = key.split('/');
      if (this.uploads.has(uploadId)) mentioned.add(value.blob);
      else this.#parts.delete(key);
    }
    this.blobs.sweep(mentioned);
  }
}
