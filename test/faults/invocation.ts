import { AsyncLocalStorage } from 'node:async_hooks';
import type { ManualClock } from 'local-aws/testing';
import type { FunctionName } from '../statemachines/functions.ts';

/** One call of a function, which may be killed on its way. */
export interface Invocation {
  readonly name: FunctionName;
  readonly clock: ManualClock;
  /** Requests to AWS so far. */
  requests: number;
  /** Requests that are under way. */
  sending: number;
  /** Requests to an endpoint that are under way, which may wait for the clock. */
  asking: number;
  /** Timers of the SDK that wait for the clock. */
  waiting: number;
  dead: boolean;
  /** Sends a request, or what becomes of it by a fault. */
  send(request: WireRequest, forward: () => Promise<WireAnswer>): Promise<WireAnswer>;
}

/** What the SDK hands to its HTTP handler, and what it wants back. */
export interface WireRequest {
  method: string;
  path: string;
  hostname: string;
  port?: number;
  headers: Record<string, string>;
}
export interface WireAnswer {
  response: { statusCode: number; headers: Record<string, string>; body?: unknown };
}

export const currentInvocation = new AsyncLocalStorage<Invocation>();

/** Of something that died: nothing ever comes of it. */
export const never = () => new Promise<never>(() => {});
