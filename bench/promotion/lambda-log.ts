import {
  type CloudWatchLogsClient,
  paginateDescribeLogGroups,
  paginateFilterLogEvents,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Span } from './spans.ts';

/** One invocation of a Lambda function, as its log tells it. */
export interface LambdaRun {
  function: string;
  /** From the event's arrival in the environment to the end of the handler. */
  run: Span;
  /** Start of the environment until it is ready, for the invocation that started it. */
  coldStart?: Span;
  billedMs: number;
  memoryMb: number;
}

const PREFIX = '/aws/lambda/';

/**
 * Every invocation of the stack's functions whose report was written at `since` (milliseconds since 1970) or
 * later.
 */
export async function readLambdaRuns(
  logs: CloudWatchLogsClient,
  stack: string,
  since: number,
): Promise<LambdaRun[]> {
  const runs: LambdaRun[] = [];
  const groups = paginateDescribeLogGroups({ client: logs }, { logGroupNamePrefix: `${PREFIX}${stack}-` });
  for await (const { logGroups = [] } of groups) {
    for (const { logGroupName } of logGroups) {
      const byStream = new Map<string, { at: number; text: string }[]>();
      const pages = paginateFilterLogEvents({ client: logs }, { logGroupName, startTime: since });
      for await (const { events = [] } of pages) {
        for (const { logStreamName, timestamp, message } of events) {
          const stream = byStream.get(logStreamName!) ?? [];
          stream.push({ at: timestamp!, text: message! });
          byStream.set(logStreamName!, stream);
        }
      }
      const name = logGroupName!.slice(`${PREFIX}${stack}-`.length);
      for (const events of byStream.values()) runs.push(...runsOf(name, events));
    }
  }
  return runs;
}

/** Waits until a function has been invoked so often since then. The waiting is not measured. */
export async function untilInvoked(
  logs: CloudWatchLogsClient,
  stack: string,
  { name, times, since }: { name: string; times: number; since: number },
): Promise<void> {
  for (;;) {
    const runs = await readLambdaRuns(logs, stack, since);
    if (runs.filter((run) => run.function === name).length >= times) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** The invocations of one environment, whose log lines come in order. */
export function runsOf(name: string, events: readonly { at: number; text: string }[]): LambdaRun[] {
  const runs: LambdaRun[] = [];
  let initAt: number | undefined;
  let startAt: number | undefined;
  for (const { at, text } of events) {
    if (text.startsWith('INIT_START')) initAt = at;
    else if (text.startsWith('START RequestId')) startAt = at;
    else if (text.startsWith('REPORT RequestId') && startAt !== undefined) {
      const number = (field: string) => Number(new RegExp(`${field}: ([\\d.]+)`).exec(text)?.[1] ?? 0);
      runs.push({
        function: name,
        run: { from: startAt, to: at },
        ...(initAt === undefined ? {} : { coldStart: { from: initAt, to: startAt } }),
        billedMs: number('Billed Duration'),
        memoryMb: number('Memory Size'),
      });
      initAt = undefined;
      startAt = undefined;
    }
  }
  return runs;
}
