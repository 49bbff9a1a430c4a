import type { FilterLogEventsRequest, FilterLogEventsResponse } from '@aws-sdk/client-cloudwatch-logs';
import { ServiceError } from '../../../service.ts';
import type { LogsContext } from '../context.ts';
import { invalidToken, PAGE, within } from '../event-pages.ts';
import { groupName } from '../group-name.ts';
import { filterPattern } from '../pattern.ts';

/** `FilterLogEvents`: over all or some streams of a group, in order of time; what `aws logs tail` asks. */
export function filterLogEvents(
  { groups }: LogsContext,
  input: FilterLogEventsRequest,
): FilterLogEventsResponse {
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
