import { ServiceError } from '../../service.ts';

/** Step Functions' page size where none, or 0, is asked for. */
const USUAL = 100;

/**
 * One page of a list. The token says where the next page starts and which list it belongs to.
 *
 * @param list what is listed, with all filters
 * @throws ServiceError `InvalidToken`
 */
export function page<T>(
  items: readonly T[],
  list: string,
  maxResults: number | undefined,
  nextToken: string | undefined,
): { items: T[]; nextToken?: string } {
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
    // An invalid token: fall through.
  }
  throw new ServiceError('InvalidToken', "Invalid Token: 'Invalid token'");
}
