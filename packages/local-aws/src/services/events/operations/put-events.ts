import type { PutEventsRequest, PutEventsRequestEntry, PutEventsResponse } from '@aws-sdk/client-eventbridge';
import { ServiceError } from '../../../service.ts';
import { bridgeEvent } from '../bridge-event.ts';
import type { EventsContext } from '../context.ts';
import { isObject } from '../pattern-syntax.ts';

/** EventBridge's limits of one request. */
const MOST_ENTRIES = 10;
const LARGEST = 1024 * 1024;

/** `PutEvents`: each entry is taken or refused for itself. */
export function putEvents({ world, deliveries }: EventsContext, input: PutEventsRequest): PutEventsResponse {
  const entries = input.Entries ?? [];
  if (entries.length < 1 || entries.length > MOST_ENTRIES) {
    throw new ServiceError(
      'ValidationException',
      `1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length between 1 and ${MOST_ENTRIES}`,
    );
  }
  const size = entries.reduce((sum, entry) => sum + sizeOf(entry), 0);
  if (size > LARGEST)
    throw new ServiceError(
      'ValidationException',
      'Total size of the entries in the request is over the limit.',
    );

  const results = entries.map((entry) => {
    const refusal = refuse(entry);
    if (refusal !== undefined) return { ErrorCode: refusal[0], ErrorMessage: refusal[1] };
    const event = bridgeEvent(world, {
      source: entry.Source ?? '',
      'detail-type': entry.DetailType ?? '',
      resources: entry.Resources ?? [],
      detail: JSON.parse(entry.Detail ?? '{}'),
      ...(entry.Time === undefined ? {} : { time: entry.Time }),
    });
    deliveries.accept(event);
    return { EventId: event.id };
  });
  return { FailedEntryCount: results.filter((one) => 'ErrorCode' in one).length, Entries: results };
}

function refuse(entry: PutEventsRequestEntry): [code: string, message: string] | undefined {
  for (const name of ['Source', 'DetailType', 'Detail'] as const) {
    if (!entry[name])
      return ['InvalidArgument', `Parameter ${name} is not valid. Reason: ${name} is a required argument.`];
  }
  if (entry.Source?.startsWith('aws.'))
    return ['NotAuthorizedForSourceException', 'Not authorized for the source.'];
  const bus = entry.EventBusName ?? 'default';
  if (bus !== 'default' && !bus.endsWith(':event-bus/default')) {
    return ['InvalidArgument', `The local AWS has the default event bus only, not "${bus}".`];
  }
  try {
    if (isObject(JSON.parse(entry.Detail ?? ''))) return undefined;
  } catch {}
  return ['MalformedDetail', 'Detail is malformed.'];
}

/** As the user guide calculates it ("Calculating PutEvents event entry size"). */
function sizeOf(entry: PutEventsRequestEntry): number {
  const texts = [entry.Source, entry.DetailType, entry.Detail, ...(entry.Resources ?? [])];
  const time = entry.Time === undefined ? 0 : 14;
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text ?? ''), time);
}
