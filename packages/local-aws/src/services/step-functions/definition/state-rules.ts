import { isExpression } from '../jsonata.ts';
import { OPTIMISED, parseResource } from './resource.ts';

type Raw = Record<string, unknown>;
type Found = (message: string, path?: string) => void;

/** Rules between the fields of one state that its schema cannot say. */
export function checkState(state: Raw, found: Found): void {
  if (state.Type !== 'Choice' && state.Type !== 'Succeed' && state.Type !== 'Fail')
    checkTransition(state, found);
  checkHandlers(state, found);
  if (state.Type === 'Task') checkTask(state, found);
  if (state.Type === 'Wait') checkWait(state, found);
}

function checkTransition(state: Raw, found: Found): void {
  if (state.Next !== undefined && state.End !== undefined)
    found('only one of these fields is allowed: [Next, End]');
  if (state.Next === undefined && state.End !== true) found('one of these fields is required: [Next, End]');
}

/** `States.ALL` stands alone, and in the last rule. */
function checkHandlers(state: Raw, found: Found): void {
  for (const field of ['Retry', 'Catch']) {
    const rules = Array.isArray(state[field]) ? (state[field] as { ErrorEquals: string[] }[]) : [];
    for (const [position, { ErrorEquals }] of rules.entries()) {
      if (!ErrorEquals.includes('States.ALL')) continue;
      if (ErrorEquals.length > 1) found('States.ALL must stand alone', `/${field}[${position}]/ErrorEquals`);
      if (position < rules.length - 1)
        found('States.ALL must be in the last rule', `/${field}[${position}]/ErrorEquals`);
    }
  }
}

function checkTask(state: Raw, found: Found): void {
  const { TimeoutSeconds: timeout, HeartbeatSeconds: heartbeat } = state;
  if (typeof heartbeat === 'number' && typeof timeout === 'number' && heartbeat >= timeout) {
    found('HeartbeatSeconds must be smaller than TimeoutSeconds', '/HeartbeatSeconds');
  }
  const resource = parseResource(String(state.Resource));
  if (typeof resource === 'string') found(resource, '/Resource');
  if (typeof resource === 'string' || resource.kind === 'function') return;
  const allowed = OPTIMISED[`${resource.service}:${resource.action}`];
  const given = state.Arguments;
  if (typeof given === 'string' && isExpression(given)) return;
  if (given === undefined || given === null || typeof given !== 'object' || Array.isArray(given)) {
    found('must be an object or a JSONata expression {% … %}', '/Arguments');
    return;
  }
  for (const field of Object.keys(given)) {
    if (allowed && !allowed.includes(field)) {
      found(`The field "${field}" is not supported by Step Functions`, '/Arguments');
    }
  }
}

function checkWait(state: Raw, found: Found): void {
  const given = ['Seconds', 'Timestamp'].filter((field) => state[field] !== undefined);
  if (given.length !== 1) found('exactly one of these fields is required: [Seconds, Timestamp]');
  const timestamp = state.Timestamp;
  if (typeof timestamp === 'string' && !isExpression(timestamp) && parseTimestamp(timestamp) === undefined) {
    found(`"${timestamp}" is not an ISO 8601 date and time with offset`, '/Timestamp');
  }
}

/**
 * RFC 3339 as Step Functions takes it: `T` and the offset are required, both in capitals.
 *
 * @returns milliseconds since 1970, or undefined
 */
export function parseTimestamp(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/.test(text)) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}
