import type { TestEventPatternRequest, TestEventPatternResponse } from '@aws-sdk/client-eventbridge';
import { ServiceError } from '../../../service.ts';
import type { EventsContext } from '../context.ts';
import { compilePattern } from '../pattern.ts';
import { invalidPattern } from '../pattern-syntax.ts';

const REQUIRED = ['id', 'account', 'source', 'time', 'region', 'resources', 'detail-type'];

export function testEventPattern(
  _context: EventsContext,
  input: TestEventPatternRequest,
): TestEventPatternResponse {
  const matches = compilePattern(parseJson(input.EventPattern, () => invalidPattern('it is no JSON')));
  const event = parseJson(input.Event, () => invalidEvent('it is no JSON'));
  const missing = REQUIRED.filter((name) => (event as Record<string, unknown> | null)?.[name] === undefined);
  if (missing.length > 0) throw invalidEvent(`no ${missing.join(', ')}`);
  return { Result: matches(event) };
}

function parseJson(text: string | undefined, error: () => ServiceError): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    throw error();
  }
}

function invalidEvent(reason: string): ServiceError {
  return new ServiceError('ValidationException', `Parameter Event is not valid. Reason: ${reason}.`);
}
