import { validation } from './errors.ts';

/** The members that all of SageMaker's lists understand. */
export interface ListRequest {
  NextToken?: string | undefined;
  MaxResults?: number | undefined;
  NameContains?: string | undefined;
  CreationTimeAfter?: Date | undefined;
  CreationTimeBefore?: Date | undefined;
  LastModifiedTimeAfter?: Date | undefined;
  LastModifiedTimeBefore?: Date | undefined;
  StatusEquals?: string | undefined;
  SortBy?: string | undefined;
  SortOrder?: string | undefined;
}

export interface Listed {
  name: string;
  created: number;
  modified?: number;
  status?: string;
}

const PAGE = 10;

/**
 * One page of a list, filtered and sorted (newest first by default, names ascending). The token is the name
 * of the last entry, so that new entries do not shift the pages.
 */
export function page<T extends Listed>(
  all: readonly T[],
  request: ListRequest,
): { entries: T[]; next: { NextToken?: string } } {
  const within = (value: number | undefined, after: Date | undefined, before: Date | undefined) =>
    (after === undefined || (value ?? 0) > after.getTime()) &&
    (before === undefined || (value ?? 0) < before.getTime());
  const byName = request.SortBy === 'Name';
  const descending = (request.SortOrder ?? (byName ? 'Ascending' : 'Descending')) === 'Descending';
  const key = (entry: T) =>
    byName ? entry.name : request.SortBy === 'Status' ? (entry.status ?? '') : entry.created;
  const sorted = all
    .filter(
      (entry) =>
        entry.name.toLowerCase().includes((request.NameContains ?? '').toLowerCase()) &&
        within(entry.created, request.CreationTimeAfter, request.CreationTimeBefore) &&
        within(entry.modified, request.LastModifiedTimeAfter, request.LastModifiedTimeBefore) &&
        (request.StatusEquals === undefined || entry.status === request.StatusEquals),
    )
    .sort((a, b) => {
      const order = key(a) === key(b) ? compare(a.name, b.name) : compare(key(a), key(b));
      return descending ? -order : order;
    });
  let from = 0;
  if (request.NextToken !== undefined) {
    const last = Buffer.from(request.NextToken, 'base64').toString();
    from = sorted.findIndex((entry) => entry.name === last) + 1;
    if (from === 0) throw validation('The NextToken is invalid.');
  }
  const entries = sorted.slice(from, from + (request.MaxResults ?? PAGE));
  const more = from + entries.length < sorted.length;
  return { entries, next: more ? { NextToken: Buffer.from(entries.at(-1)!.name).toString('base64') } : {} };
}

const compare = (a: string | number, b: string | number) => (a < b ? -1 : a > b ? 1 : 0);
