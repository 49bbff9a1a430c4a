import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { sha256 } from '#core/digest.ts';
import { headerOf } from './request-id.ts';

/** Adds an ETag of the body; 304 without a body where the caller has just this one (RFC 9110, 13.1.2). */
export function withEtag(event: APIGatewayProxyEvent, answer: APIGatewayProxyResult): APIGatewayProxyResult {
  const etag = `"${sha256(answer.body).slice(0, 32)}"`;
  const headers = { ...answer.headers, etag, 'cache-control': 'private, no-cache' };
  const known = (headerOf(event, 'if-none-match') ?? '')
    .split(',')
    .map((each) => each.trim().replace(/^W\//, ''));
  if (!known.includes(etag) && !known.includes('*')) return { ...answer, headers };
  const { 'content-type': _type, ...others } = headers as Record<string, string>;
  return { statusCode: 304, headers: others, body: '' };
}
