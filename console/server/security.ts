import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { ProblemError } from '#core/problem.ts';

/** Of every answer. The page needs nothing from elsewhere, and no other page may show it. */
export const SECURITY_HEADERS = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob: data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(self), microphone=(), geolocation=()',
  'cache-control': 'no-store',
} as const;

/**
 * Refuses a request that did not come to this address by its own name. A foreign page can lead its host name
 * to 127.0.0.1 (DNS rebinding), and it can send requests here (CSRF): the first has its own name in `Host`,
 * the second in `Origin`.
 *
 * @throws ProblemError 403
 */
export function checkAddress({ headers, method }: IncomingMessage, port: number): void {
  const own = [`127.0.0.1:${port}`, `localhost:${port}`];
  if (!own.includes(headers.host ?? '')) {
    throw new ProblemError(403, `The host is "${headers.host ?? ''}": this console is only at ${own[0]}`);
  }
  const { origin } = headers;
  const isOwn = origin === `http://${headers.host}`;
  if (origin !== undefined && !isOwn)
    throw new ProblemError(403, `Pages of ${origin} may not ask this console`);
  if (method !== 'GET' && method !== 'HEAD' && !isOwn) {
    throw new ProblemError(
      403,
      'The request has no origin: only this console’s own page may change something',
    );
  }
}

/**
 * Refuses who does not have the token. It stands in the fragment of the address that the program prints,
 * which browsers send nowhere, and comes back in a header, which other pages cannot set.
 *
 * @throws ProblemError 401
 */
export function checkToken({ headers }: IncomingMessage, token: string): void {
  const given = Buffer.from(/^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1] ?? '');
  const wanted = Buffer.from(token);
  if (given.length === wanted.length && timingSafeEqual(given, wanted)) return;
  throw new ProblemError(
    401,
    'The token is missing or wrong: open the address that `graft console` has printed',
    {
      headers: { 'www-authenticate': 'Bearer' },
    },
  );
}
