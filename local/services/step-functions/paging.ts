import { ServiceError } from '../../service.ts';

/** Step Functions' page size where none, or 0, is asked for. */
const USUAL = 100;
const MOST = 1_000;

/**
 * One page of a list. The token says where the next page starts and which list it belongs to.
 *
 * @param list what is listed, with all filters
 * @throws ServiceError `InvalidToken`, or `ValidationException` for a page size that AWS refuses
 */
export function page<T>(
  items: readonly T[],
  list: string,
  maxResults: number | undefined,
  nextToken: string | undefined,
): { items: T[]; nextToken?: string } {
  if (maxResults !== undefined && (maxResults < 0 || maxResults > MOST)) {
    const bound = maxResults < 0 ? 'greater than or equal to 0' : `less than or equal to ${MOST}`;
    throw new ServiceError(
      'ValidationException',
      `1 validation error detected: Value '${maxResults}' at 'maxResults' failed to satisfy constraint: Member must have value ${bound}`,
    );
  }
  const from = nextToken === undefined ? 0 : readToken(nextToken, list);
  const to = from + (maxResults || USUAL);
  const token = Buffer.from(JSON.stringify([list, to])).toString('base64');
  return { items: items.slice(from, to), ...(to < items.length ? { nextToken: token } : {}) };
}

function readToken(token: string, list: string): number {
  try {
    const [belongsTo, from] = JSON.parse(Buffer.from(token, 'base64').toString('utf8')) as [string, number];
    if (belongsTo === list && Number.isInteger(from)) return from;
  } catch {
    // Not one of ours: fall through.
  }
  throw new ServiceError('InvalidToken', "Invalid Token: 'Invalid token'");
}
