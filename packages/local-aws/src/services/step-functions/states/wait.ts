import { parseTimestamp } from '../definition/state-rules.ts';
import type { WaitState } from '../definition/types.ts';
import type { Json } from '../json.ts';
import { failed } from '../jsonata.ts';
import { isIntegerFrom } from '../ranges.ts';
import { type Exit, evaluateExit } from '../results.ts';
import { type Visit, visibleTo } from '../scope.ts';

/** Longest wait that Step Functions takes, in seconds. */
const LONGEST = 99_999_999;

/**
 * Waits for a number of seconds or until a time. Records the end as a time, so that a restart does not
 * prolong it.
 */
export async function wait(visit: Visit, state: WaitState): Promise<Exit> {
  const { scope } = visit;
  const key = `${visit.key}/until`;
  const at = scope.recall(key)?.data ?? scope.note(key, await end(visit, state)).data;
  await scope.until(at as number);
  return evaluateExit(visit, state, visit.input);
}

/** @returns milliseconds since 1970 */
async function end(visit: Visit, state: WaitState): Promise<number> {
  const { evaluator } = visit.scope.run;
  const place = { name: visit.name, enteredId: visit.enteredId };
  const visible = visibleTo(visit);
  if (state.Seconds !== undefined) {
    const field = { template: state.Seconds, location: 'Seconds' };
    const type = { expected: 'integer', is: isIntegerFrom(0, LONGEST) };
    return visit.enteredAt + 1000 * (await evaluator.evaluateTo(field, visible, place, type));
  }
  const field = { template: state.Timestamp as string, location: 'Timestamp' };
  const text = await evaluator.evaluateTo(field, visible, place, { expected: 'string', is: isString });
  const at = parseTimestamp(text);
  if (at !== undefined) return at;
  throw failed(
    place,
    `The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: ${text}`,
    'Timestamp',
  );
}

function isString(value: Json): value is string {
  return typeof value === 'string';
}
