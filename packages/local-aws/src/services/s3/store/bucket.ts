import { Collection } from '../../../store/collection.ts';
import { compareKeys, lowerBound } from './key-order.ts';
import { type BucketRecord, NULL_VERSION, type ObjectRecord, type Version } from './records.ts';

/** What a change did, and the blobs that no record mentions any more. */
export interface Change {
  version: Version;
  freed: string[];
}

/**
 * A bucket's objects: documents on disk, an ordered index in memory. Every method is synchronous and atomic.
 */
export class Bucket {
  record: BucketRecord;
  readonly #documents: Collection<ObjectRecord>;
  readonly #objects = new Map<string, ObjectRecord>();
  readonly #keys: string[];

  constructor(folder: string, record: BucketRecord) {
    this.record = record;
    this.#documents = new Collection(folder);
    for (const { key, value } of this.#documents.list()) this.#objects.set(key, value);
    this.#keys = [...this.#objects.keys()].sort(compareKeys);
  }

  /** Every key that has any version, in S3's order. */
  get keys(): readonly string[] {
    return this.#keys;
  }

  versions(key: string): readonly Version[] {
    return this.#objects.get(key)?.versions ?? [];
  }

  /** The object that a plain GET sees; undefined when there is none or it is deleted. */
  current(key: string): Version | undefined {
    const newest = this.#objects.get(key)?.versions[0];
    return newest?.deleteMarker ? undefined : newest;
  }

  find(key: string, versionId: string): Version | undefined {
    return this.#objects.get(key)?.versions.find((version) => version.versionId === versionId);
  }

  /** Makes `version` the newest one; without versioning it replaces the one before. */
  add(key: string, version: Version): Change {
    const before = this.#objects.get(key)?.versions ?? [];
    const replaced = version.versionId === NULL_VERSION ? before.filter(isNull) : [];
    this.#write(key, [version, ...before.filter((one) => !replaced.includes(one))]);
    return { version, freed: replaced.flatMap(blobsOf) };
  }

  /** Removes one version for good. */
  remove(key: string, versionId: string): Change | undefined {
    const version = this.find(key, versionId);
    if (version === undefined) return undefined;
    this.#write(
      key,
      this.versions(key).filter((one) => one !== version),
    );
    return { version, freed: blobsOf(version) };
  }

  /** Replaces a version by one with the same id (its tags). */
  replace(key: string, changed: Version): void {
    this.#write(
      key,
      this.versions(key).map((one) => (one.versionId === changed.versionId ? changed : one)),
    );
  }

  #write(key: string, versions: Version[]): void {
    const known = this.#objects.has(key);
    if (versions.length === 0) {
      this.#documents.delete(key);
      this.#objects.delete(key);
      if (known) this.#keys.splice(lowerBound(this.#keys, key), 1);
      return;
    }
    this.#documents.put(key, { versions });
    this.#objects.set(key, { versions });
    if (!known) this.#keys.splice(lowerBound(this.#keys, key), 0, key);
  }
}

const isNull = (version: Version) => version.versionId === NULL_VERSION;
export const blobsOf = (version: Version) => version.segments.map((segment) => segment.blob);
