import {
  type CloudWatchLogsClient,
  type FilteredLogEvent,
  FilterLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { isMissing, isTransient } from '#cloud/aws/failures.ts';
import type { LogLine, StateProgress } from '../contracts/promotions.ts';
import { type LineOwner, lineOf } from './function-line.ts';
import { functionsOf } from './graph.ts';

/**
 * Milliseconds after a state's end in which lines of its function may still arrive in CloudWatch Logs, and
 * before its beginning, since two services' clocks differ.
 */
const LATE_MS = 10_000;
const EARLY_MS = 1_000;

interface Reading {
  /** Until when it has been read, in milliseconds since 1970. */
  until: number;
  done: boolean;
}

/**
 * Reads what the functions of an execution's states have logged about one domain, each line once, while the
 * states run. `FilterLogEvents` costs nothing, unlike a query of Logs Insights, which is billed by what it
 * scans; an account has five of them a second, so each look asks for one function after the other, in the
 * time of its state alone.
 *
 * @param definition of the state machine, whose states name their functions
 */
export function functionLogReader(logs: CloudWatchLogsClient, definition: string, owner: LineOwner) {
  const functions = functionsOf(definition);
  const readings = new Map<string, Reading>();
  const known = new Set<string>();
  let refused = false;

  async function* eventsOf(name: string, from: number, to: number | undefined) {
    let nextToken: string | undefined;
    do {
      const page: { events?: FilteredLogEvent[] | undefined; nextToken?: string | undefined } =
        await logs.send(
          new FilterLogEventsCommand({
            logGroupName: `/aws/lambda/${name}`,
            startTime: from,
            ...(to === undefined ? {} : { endTime: to }),
            // The lines of every promotion of this version, and of a rollback: the rest is sorted out here.
            filterPattern: `"${owner.version ?? owner.execution}"`,
            ...(nextToken === undefined ? {} : { nextToken }),
          }),
        );
      yield* page.events ?? [];
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
  }

  async function readState(state: StateProgress, now: number): Promise<LogLine[]> {
    const name = functions.get(state.name);
    const key = `${state.name} ${state.startedAt}`;
    const reading = readings.get(key) ?? { until: 0, done: false };
    if (name === undefined || reading.done) return [];
    const from = Math.max(Date.parse(state.startedAt) - EARLY_MS, reading.until - LATE_MS);
    const to = state.endedAt === undefined ? undefined : Date.parse(state.endedAt) + LATE_MS;
    const lines: LogLine[] = [];
    try {
      for await (const { eventId = '', timestamp = 0, message = '' } of eventsOf(name, from, to)) {
        if (known.has(eventId)) continue;
        const text = lineOf(message, owner);
        if (text === undefined) continue;
        known.add(eventId);
        lines.push({ at: new Date(timestamp).toISOString(), text: `${state.name}: ${text}` });
      }
    } catch (error) {
      // Too many requests: the next look reads it. A function that has never run has no log.
      if (isTransient(error)) return [];
      if (!isMissing(error)) throw error;
    }
    readings.set(key, { until: now, done: to !== undefined && now > to });
    return lines;
  }

  return async function read(states: readonly StateProgress[], now: number): Promise<LogLine[]> {
    const lines: LogLine[] = [];
    try {
      for (const state of refused ? [] : states) lines.push(...(await readState(state, now)));
    } catch (error) {
      // The rest of the page does without, for a person who may not read these logs.
      refused = true;
      const { name, message } = error as Error;
      lines.push({ at: new Date(now).toISOString(), text: `No lines can be read. ${name}: ${message}` });
    }
    return lines.sort((one, other) => (one.at < other.at ? -1 : one.at > other.at ? 1 : 0));
  };
}
