import { ServiceError } from '../service.ts';

/** SigV4's limit for a presigned URL: seven days. */
const LONGEST_SECONDS = 604_800;
/** How far a signer's clock may be ahead. */
const CLOCK_SKEW_MS = 15 * 60_000;
/**
 * Parameters that a SigV4 URL must have (S3's API reference, "Authenticating requests: using query
 * parameters").
 */
const SIGV4_PARAMETERS = [
  'X-Amz-Algorithm',
  'X-Amz-Credential',
  'X-Amz-Signature',
  'X-Amz-Date',
  'X-Amz-SignedHeaders',
  'X-Amz-Expires',
];

/** Whether the URL carries a signature of version 2, which only S3's clients still make (boto3's default). */
export function isSigV2(query: URLSearchParams): boolean {
  return query.has('AWSAccessKeyId') && query.has('Signature');
}

/**
 * Refuses a presigned S3 URL that has expired, is not valid yet, or could never be valid. Its signature is
 * not verified.
 *
 * @param now milliseconds since 1970
 * @throws ServiceError AccessDenied, AuthorizationQueryParametersError, in S3's words
 */
export function assertPresigned(query: URLSearchParams, now: number): void {
  if (isSigV2(query)) assertSigV2(query, now);
  else if (query.has('X-Amz-Credential') || query.has('X-Amz-Signature')) assertSigV4(query, now);
}

function assertSigV2(query: URLSearchParams, now: number): void {
  const text = query.get('Expires');
  if (text === null) {
    throw denied('Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters');
  }
  if (!/^\d+$/.test(text)) throw denied(`Invalid date (should be seconds since epoch): ${text}`);
  const end = Number(text) * 1000;
  if (end < now) throw expired(end, now);
}

function assertSigV4(query: URLSearchParams, now: number): void {
  if (SIGV4_PARAMETERS.some((name) => !query.has(name))) {
    throw wrongParameters(
      'Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.',
    );
  }
  const begin = readDate(query.get('X-Amz-Date') ?? '');
  if (begin === undefined) {
    throw wrongParameters("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
  }
  const text = query.get('X-Amz-Expires') ?? '';
  const seconds = Number(text);
  if (!/^-?\d+$/.test(text)) throw wrongParameters('X-Amz-Expires should be a number');
  if (seconds < 0) throw wrongParameters('X-Amz-Expires must be non-negative');
  if (seconds > LONGEST_SECONDS) {
    throw wrongParameters(
      `X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than ${LONGEST_SECONDS} seconds`,
    );
  }
  if (begin > now + CLOCK_SKEW_MS) throw denied('Request is not valid yet');
  const end = begin + seconds * 1000;
  if (end < now) throw expired(end, now, { 'X-Amz-Expires': text });
}

/** `20261128T061500Z` in milliseconds since 1970. */
function readDate(text: string): number | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text)?.slice(1);
  if (parts === undefined) return undefined;
  const [year, month, day, hour, minute, second] = parts;
  const milliseconds = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(milliseconds) ? undefined : milliseconds;
}

const denied = (message: string, members: Record<string, string> = {}) =>
  new ServiceError('AccessDenied', message, 403, members);

const wrongParameters = (message: string) => new ServiceError('AuthorizationQueryParametersError', message);

function expired(end: number, now: number, members: Record<string, string> = {}): ServiceError {
  return denied('Request has expired', { ...members, Expires: date(end), ServerTime: date(now) });
}

const date = (milliseconds: number) => `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
