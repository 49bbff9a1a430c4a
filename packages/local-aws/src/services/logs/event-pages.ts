import { ServiceError } from '../../service.ts';
import type { LogEvent } from './log-stream.ts';

/** CloudWatch's greatest page, in events; its other limit, 1 MB, is not kept. */
export const PAGE = 10_000;

/** Whether an event is in a request's time. */
export function within(input: { startTime?: number | undefined; endTime?: number | undefined }) {
  // GetLogEvents excludes its end, and so does FilterLogEvents in practice to a millisecond.
  return ({ t }: LogEvent) =>
    t >= (input.startTime ?? 0) && (input.endTime === undefined || t < input.endTime);
}

export const invalidToken = () =>
  new ServiceError('InvalidParameterException', 'The specified nextToken is invalid.');
