import { invalidPartNumber, invalidRange } from './errors.ts';
import type { Version } from './store/records.ts';

/** First and last byte, both included. */
export interface ByteRange {
  start: number;
  end: number;
}

/**
 * The range of a `Range` header (RFC 9110 section 14.2). Undefined for the whole object: no header, a unit
 * other than bytes, or several ranges, which S3 does not serve.
 */
export function parseRange(header: string | undefined, size: number): ByteRange | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '');
  if (match === null) return undefined;
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return undefined;
  if (first === '') {
    const length = Number(last);
    if (length === 0 || size === 0) throw invalidRange(header!, size);
    return { start: Math.max(0, size - length), end: size - 1 };
  }
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== '' && Number(last) < start) return undefined;
  if (start >= size) throw invalidRange(header!, size);
  return { start, end };
}

/** Bytes of one part of a multipart upload; an object in one piece has one part. */
export function rangeOfPart(partNumber: number, { segments, size }: Version): ByteRange | undefined {
  if (partNumber === 1 && segments.length <= 1) return undefined;
  const part = segments[partNumber - 1];
  if (part === undefined) throw invalidPartNumber(partNumber, segments.length);
  const start = segments.slice(0, partNumber - 1).reduce((sum, segment) => sum + segment.size, 0);
  return { start, end: Math.min(start + part.size, size) - 1 };
}
