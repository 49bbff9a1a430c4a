import type { GetLogEventsRequest, GetLogEventsResponse } from '@aws-sdk/client-cloudwatch-logs';
import type { LogsContext } from '../context.ts';
import { invalidToken, PAGE, within } from '../event-pages.ts';
import { groupName } from '../group-name.ts';
import type { LogEvent } from '../log-stream.ts';

/**
 * `GetLogEvents`: pages forward or backward through one stream. A token holds direction and position. At the
 * end the same token comes back, which tells clients to stop.
 */
export function getLogEvents({ groups }: LogsContext, input: GetLogEventsRequest): GetLogEventsResponse {
  const events = groups
    .stream(groupName(groups, input), input.logStreamName ?? '')
    .events()
    .filter(within(input));
  const limit = input.limit ?? PAGE;
  const token = input.nextToken === undefined ? undefined : parseToken(input.nextToken);

  let page: LogEvent[];
  if (token?.direction === 'f') page = events.filter((event) => isAfter(event, token)).slice(0, limit);
  else if (token?.direction === 'b') page = events.filter((event) => isBefore(event, token)).slice(-limit);
  else page = input.startFromHead ? events.slice(0, limit) : events.slice(-limit);

  const at = token ?? { t: 0, n: -1 };
  return {
    events: page.map(({ t, i, m }) => ({ timestamp: t, ingestionTime: i, message: m })),
    nextForwardToken: tokenOf('f', page.at(-1) ?? at),
    nextBackwardToken: tokenOf('b', page[0] ?? at),
  };
}

/** A place in a stream: an event's time, and its number among those of that time. */
type Place = Pick<LogEvent, 't' | 'n'>;

const isAfter = (event: Place, place: Place) =>
  event.t > place.t || (event.t === place.t && event.n > place.n);
const isBefore = (event: Place, place: Place) => isAfter(place, event);

const tokenOf = (direction: 'f' | 'b', { t, n }: Place) => `${direction}/${t}.${n}/s`;

function parseToken(token: string): { direction: 'f' | 'b' } & Place {
  const parts = /^([fb])\/(\d+)\.(-?\d+)\/s$/.exec(token);
  if (parts === null) throw invalidToken();
  return { direction: parts[1] as 'f' | 'b', t: Number(parts[2]), n: Number(parts[3]) };
}
