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

/** A group's name, also where a caller gives its ARN. */
export function groupName(input: {
  logGroupName?: string | undefined;
  logGroupIdentifier?: string | undefined;
}): string {
  const given = input.logGroupName ?? input.logGroupIdentifier;
  if (given === undefined) {
    throw new ServiceError(
      'InvalidParameterException',
      'Either logGroupName or logGroupIdentifier is needed',
    );
  }
  return /^arn:[^:]*:logs:[^:]*:\d{12}:log-group:([^:]+)/.exec(given)?.[1] ?? given;
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
    .stream(groupName(input), input.logStreamName ?? '')
    .events()
    .filter(within(input));
  const limit = input.limit ?? PAGE;
  const token = input.nextToken === undefined ? undefined : parseToken(input.nextToken);

  let page: LogEvent[];
  if (token?.direction === 'f') page = events.filter(({ n }) => n >= token.at).slice(0, limit);
  else if (token?.direction === 'b') page = events.filter(({ n }) => n < token.at).slice(-limit);
  else page = input.startFromHead ? events.slice(0, limit) : events.slice(-limit);

  const at = token?.at ?? 0;
  return {
    events: page.map(({ t, i, m }) => ({ timestamp: t, ingestionTime: i, message: m })),
    nextForwardToken: tokenOf('f', (page.at(-1)?.n ?? at - 1) + 1),
    nextBackwardToken: tokenOf('b', page[0]?.n ?? at),
  };
}

const tokenOf = (direction: 'f' | 'b', at: number) => `${direction}/${String(at).padStart(16, '0')}/s`;

function parseToken(token: string): { direction: 'f' | 'b'; at: number } {
  const parts = /^([fb])\/(\d+)\/s$/.exec(token);
  if (parts === null) throw invalidToken();
  return { direction: parts[1] as 'f' | 'b', at: Number(parts[2]) };
}

const invalidToken = () =>
  new ServiceError('InvalidParameterException', 'The specified nextToken is invalid.');

/** `FilterLogEvents`: over all or some streams of a group, in order of time; what `aws logs tail` asks. */
export function filterLogEvents(groups: LogGroups, input: FilterLogEventsRequest): FilterLogEventsResponse {
  const group = groupName(input);
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
