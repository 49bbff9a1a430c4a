import {
  conditionalRequestConflict,
  noSuchKey,
  notImplemented,
  notModified,
  preconditionFailed,
} from './errors.ts';
import type { Version } from './store/records.ts';

/** The conditions of a write: the object must be this one, or there must be none. */
export interface WriteConditions {
  IfMatch?: string | undefined;
  IfNoneMatch?: string | undefined;
}

/** The conditions of a read, RFC 9110 section 13. */
export interface ReadConditions extends WriteConditions {
  IfModifiedSince?: Date | undefined;
  IfUnmodifiedSince?: Date | undefined;
}

/** @throws ServiceError NotImplemented for `If-None-Match` with anything but `*`, as S3 does for writes */
export function assertSupported({ IfNoneMatch }: WriteConditions): void {
  if (IfNoneMatch !== undefined && IfNoneMatch !== '*') throw notImplemented('If-None-Match');
}

/**
 * Checks a write's conditions in the synchronous step that commits it. Of several writers with the same
 * condition exactly one succeeds, in whatever order their bodies arrived.
 *
 * @param before the object when the request began: a deletion since then is a conflict, not a missing key
 */
export function assertWritable(
  conditions: WriteConditions,
  key: string,
  before: Version | undefined,
  now: Version | undefined,
): void {
  if (conditions.IfNoneMatch === '*' && now !== undefined) throw preconditionFailed('If-None-Match');
  if (conditions.IfMatch === undefined) return;
  if (now === undefined) throw before === undefined ? noSuchKey(key) : conditionalRequestConflict('If-Match');
  if (!matches(conditions.IfMatch, now.etag)) throw preconditionFailed('If-Match');
}

/** @throws ServiceError PreconditionFailed (412) or NotModified (304) */
export function assertReadable(conditions: ReadConditions, version: Version): void {
  const { IfMatch, IfNoneMatch, IfModifiedSince, IfUnmodifiedSince } = conditions;
  // HTTP dates have whole seconds.
  const modified = Math.floor(version.modified / 1000) * 1000;
  if (IfMatch !== undefined) {
    if (!matches(IfMatch, version.etag)) throw preconditionFailed('If-Match');
  } else if (IfUnmodifiedSince !== undefined && modified > IfUnmodifiedSince.getTime()) {
    throw preconditionFailed('If-Unmodified-Since');
  }
  if (IfNoneMatch !== undefined) {
    if (matches(IfNoneMatch, version.etag)) throw notModified();
  } else if (IfModifiedSince !== undefined && modified <= IfModifiedSince.getTime()) {
    throw notModified();
  }
}

/** Whether one of the listed entity tags, with or without quotation marks, is this one; `*` is any. */
function matches(list: string, etag: string): boolean {
  return list
    .split(',')
    .map((one) =>
      one
        .trim()
        .replace(/^W\//, '')
        .replace(/^"(.*)"$/, '$1'),
    )
    .some((one) => one === '*' || one === etag);
}
