import { invalidArgument } from '../errors.ts';
import { compareKeys, lowerBound } from '../store/key-order.ts';

/** S3's greatest page. */
const LARGEST_PAGE = 1000;

export interface ListingRequest {
  prefix: string;
  delimiter: string;
  /** Only what comes behind this; of a common prefix, behind everything it stands for. */
  after: string;
  limit: number;
}

/** What one page holds, in order. */
export type ListedEntry = { key: string } | { commonPrefix: string };

export interface Listing {
  entries: ListedEntry[];
  truncated: boolean;
  /** The last entry, from which the next page goes on. */
  last: string;
}

/** Lists ordered keys by prefix, delimiter and page. `includes` leaves out keys such as deleted objects. */
export function listKeys(
  keys: readonly string[],
  { prefix, delimiter, after, limit }: ListingRequest,
  includes: (key: string) => boolean,
): Listing {
  const entries: ListedEntry[] = [];
  let last = '';
  if (limit === 0) return { entries, truncated: false, last };
  for (let index = lowerBound(keys, laterOf(after, prefix)); index < keys.length; index++) {
    const key = keys[index]!;
    if (!key.startsWith(prefix)) break;
    if (after !== '' && (key === after || isBelow(key, after, delimiter))) continue;
    if (!includes(key)) continue;
    const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    const commonPrefix = cut === -1 ? undefined : key.slice(0, cut + delimiter.length);
    if (commonPrefix !== undefined && commonPrefix === last) continue;
    if (entries.length === limit) return { entries, truncated: true, last };
    last = commonPrefix ?? key;
    entries.push(commonPrefix === undefined ? { key } : { commonPrefix });
  }
  return { entries, truncated: false, last };
}

const laterOf = (a: string, b: string) => (compareKeys(a, b) > 0 ? a : b);

/** Whether `after` is a common prefix that stands for this key too. */
const isBelow = (key: string, after: string, delimiter: string) =>
  delimiter !== '' && after.endsWith(delimiter) && key.startsWith(after);

/** `MaxKeys` and its like: 1000 when not given or greater. */
export function pageSize(given: number | undefined, name: string): number {
  if (given === undefined) return LARGEST_PAGE;
  if (!Number.isInteger(given) || given < 0) {
    throw invalidArgument(`Argument ${name} must be an integer between 0 and 2147483647`, name, given);
  }
  return Math.min(given, LARGEST_PAGE);
}

/** Continuation tokens are opaque to clients. */
export const continuationToken = (last: string) => Buffer.from(last).toString('base64');

export function readContinuationToken(token: string): string {
  const text = Buffer.from(token, 'base64').toString();
  if (token === '' || continuationToken(text) !== token) {
    throw invalidArgument('The continuation token provided is incorrect', 'continuation-token', token);
  }
  return text;
}
