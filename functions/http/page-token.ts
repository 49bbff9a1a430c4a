import * as z from 'zod';
import { isWellFormed } from '#core/api/common.ts';
import { ProblemError } from '#core/problem.ts';

const tokenSchema = z.strictObject({ after: z.string().min(1).max(3_100).refine(isWellFormed) });

/** Where a page ends, in a form whose content is no part of the API. */
export const pageToken = (after: string): string =>
  Buffer.from(JSON.stringify({ after })).toString('base64url');

/** @throws ProblemError 400 */
export function readPageToken(token: string | undefined): string | undefined {
  if (token === undefined) return undefined;
  try {
    return tokenSchema.parse(JSON.parse(Buffer.from(token, 'base64url').toString('utf8'))).after;
  } catch {
    throw wrongToken();
  }
}

export const wrongToken = () =>
  new ProblemError(400, 'next is not what an earlier page gave: begin again without it');

/**
 * One page of a sorted list.
 *
 * @param after the last entry of the page before
 * @param isBefore whether an entry comes before another in the list's order
 */
export function pageOfSorted(
  sorted: readonly string[],
  { after, limit }: { after: string | undefined; limit: number },
  isBefore: (one: string, other: string) => boolean,
): { page: string[]; next?: string } {
  const rest = after === undefined ? sorted : sorted.filter((each) => isBefore(after, each));
  const page = rest.slice(0, limit);
  return rest.length > limit ? { page, next: pageToken(page.at(-1)!) } : { page };
}
