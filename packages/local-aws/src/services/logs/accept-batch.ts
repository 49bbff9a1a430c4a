import type { PutLogEventsRequest, RejectedLogEventsInfo } from '@aws-sdk/client-cloudwatch-logs';
import { ServiceError } from '../../service.ts';

/**
 * CloudWatch Logs' limits of a batch: bytes in all, bytes added for each event, and milliseconds between
 * first and last event.
 */
const LARGEST_BATCH = 1_048_576;
const EVENT_OVERHEAD = 26;
const LONGEST_SPAN_MS = 86_400_000;
/** Events that are older, or further ahead, are rejected one by one. */
const OLDEST_MS = 14 * 86_400_000;
const NEWEST_MS = 2 * 3_600_000;
const DAY_MS = 86_400_000;

export interface NewEvent {
  timestamp: number;
  message: string;
}

/**
 * The events of a batch that are taken, and which are not.
 *
 * @param now milliseconds since 1970
 * @throws ServiceError InvalidParameterException for a batch that is refused as a whole
 */
export function acceptBatch(
  { logEvents = [] }: PutLogEventsRequest,
  retentionInDays: number | undefined,
  now: number,
): { accepted: NewEvent[]; rejected: RejectedLogEventsInfo | undefined } {
  const events = logEvents.map(({ timestamp, message }) => ({ timestamp: timestamp!, message: message! }));
  assertBatch(events);
  const oldest = now - OLDEST_MS;
  const expired = now - (retentionInDays ?? Number.POSITIVE_INFINITY) * DAY_MS;
  // The batch is in order of time, so what is rejected stands at its ends.
  const tooOld = events.filter(({ timestamp }) => timestamp < oldest).length;
  const pastRetention = events.filter(({ timestamp }) => timestamp < expired).length;
  const tooNew = events.findIndex(({ timestamp }) => timestamp > now + NEWEST_MS);
  const rejected = {
    ...(tooNew === -1 ? {} : { tooNewLogEventStartIndex: tooNew }),
    ...(tooOld === 0 ? {} : { tooOldLogEventEndIndex: tooOld }),
    ...(pastRetention === 0 ? {} : { expiredLogEventEndIndex: pastRetention }),
  };
  return {
    accepted: events.slice(Math.max(tooOld, pastRetention), tooNew === -1 ? events.length : tooNew),
    rejected: Object.keys(rejected).length === 0 ? undefined : rejected,
  };
}

function assertBatch(events: readonly NewEvent[]): void {
  const size = events.reduce((sum, { message }) => sum + Buffer.byteLength(message) + EVENT_OVERHEAD, 0);
  if (size > LARGEST_BATCH) {
    throw invalid(`Upload too large: ${size} bytes exceeds limit of ${LARGEST_BATCH}`);
  }
  if (events.some(({ timestamp }, index) => timestamp < (events[index - 1]?.timestamp ?? 0))) {
    throw invalid('Log events in a single PutLogEvents request must be in chronological order.');
  }
  const span = (events.at(-1)?.timestamp ?? 0) - (events[0]?.timestamp ?? 0);
  if (span > LONGEST_SPAN_MS) {
    throw invalid('The batch of log events in a single PutLogEvents request cannot span more than 24 hours.');
  }
}

const invalid = (message: string) => new ServiceError('InvalidParameterException', message);
