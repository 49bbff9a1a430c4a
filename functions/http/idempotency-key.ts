import type { APIGatewayProxyEvent } from 'aws-lambda';
import { idempotencyKeySchema } from '#core/api/promotions.ts';
import { parsed } from './parse.ts';
import { headerOf } from './request-id.ts';

/** Without one every request starts something of its own. */
export function idempotencyKeyOf(event: APIGatewayProxyEvent): string {
  const given = headerOf(event, 'idempotency-key');
  if (given === undefined) return `request ${event.requestContext.requestId}`;
  return `key ${parsed(idempotencyKeySchema, given, 'The header Idempotency-Key')}`;
}
