import { ServiceError } from '../../service.ts';

const PAGE = 50;

/**
 * A page of a list, and the token of the next page if there is one.
 *
 * @throws ServiceError for an invalid token
 */
export function paginate<T>(all: T[], limit = PAGE, token?: string): { page: T[]; nextToken?: string } {
  const from = token === undefined ? 0 : Number(token);
  if (!Number.isInteger(from)) {
    throw new ServiceError('InvalidParameterException', 'The specified nextToken is invalid.');
  }
  const to = from + limit;
  return { page: all.slice(from, to), ...(to < all.length ? { nextToken: String(to) } : {}) };
}
