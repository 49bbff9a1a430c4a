import type {
  FilterLogEventsRequest,
  FilterLogEventsResponse,
  GetLogEventsRequest,
  GetLogEventsResponse,
} from '@aws-sdk/client-cloudwatch-logs';
import { ServiceError } from '../../service.ts';
import type { LogGroups } from './log-groups.ts';
import type { LogEvent } from './log-stream.ts';
import { filterPattern } from './pattern.ts';

/** CloudWatch's greatest page, in events; its other limit, 1 MB, is not kept. */
const PAGE = 10_000;

/** A group's name, also where a caller gives its ARN. @throws ServiceError for another account's or region's */
export function groupName(
  groups: LogGroups,
  input: { logGroupName?: string | undefined; logGroupIdentifier?: string | undefined },
): string {
  const given = input.logGroupName ?? input.logGroupIdentifier;
  if (given === undefined) {
    throw new ServiceError(
      'InvalidParameterException',
      'Either logGroupName or logGroupIdentifier is needed',
    );
  }
  const name = /^arn:[^:]*:logs:[^:]*:\d{12}:log-group:([^:]+)/.exec(given)?.[1];
  if (name === undefined) return given;
  if (!given.startsWith(groups.arn(name))) {
    throw new ServiceError('ResourceNotFoundException', 'The specified log group does not exist.');
  }
  return name;
}

function within(input: { startTime?: number | undefined; endTime?: number | undefined }) {
  // GetLogEvents excludes its end, and so does FilterLogEvents in practice to a millisecond.
  return ({ t }: LogEvent) =>
    t >= (input.startTime ?? 0) && (input.endTime === undefined || t < input.endTime);
}

/**
 * `GetLogEvents`: pages forward or backward through one stream. A token says direction and position, and the same token
 * comes back at the end, which is how readers notice it.
 */
export function getLogEvents(groups: LogGroups, input: GetLogEventsRequest): GetLogEventsResponse {
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

const invalidToken = () =>
  new ServiceError('InvalidParameterException', 'The specified nextToken is invalid.');

/** `FilterLogEvents`: over all or some streams of a group, in order of time; what `aws logs tail` asks. */
export function filterLogEvents(groups: LogGroups, input: FilterLogEventsRequest): FilterLogEventsResponse {
  const group = groupName(groups, input);
  if (input.logStreamNames !== undefined && input.logStreamNamePrefix !== undefined) {
    throw new ServiceError(
      'InvalidParameterException',
      'logStreamNames and logStreamNamePrefix exclude each other',
    );
  }
  const names =
    input.logStreamNames ?? groups.streams(group, input.logStreamNamePrefix).map((one) => one.stream);
  const matches = filterPattern(input.filterPattern);
  const inTime = within(input);
  const found = names
    .flatMap((stream) =>
      groups
        .stream(group, stream)
        .events()
        .filter((event) => inTime(event) && matches(event.m))
        .map((event) => ({ stream, ...event })),
    )
    .sort((a, b) => a.t - b.t || (a.stream < b.stream ? -1 : a.stream > b.stream ? 1 : a.n - b.n));

  const from =
    input.nextToken === undefined ? 0 : Number(/^p\/(\d+)$/.exec(input.nextToken)?.[1] ?? Number.NaN);
  if (Number.isNaN(from)) throw invalidToken();
  const to = from + (input.limit ?? PAGE);
  return {
    events: found.slice(from, to).map(({ stream, n, t, i, m }) => ({
      logStreamName: stream,
      timestamp: t,
      ingestionTime: i,
      message: m,
      eventId: `${stream}/${n}`,
    })),
    searchedLogStreams: [],
    ...(to < found.length ? { nextToken: `p/${to}` } : {}),
  };
}
