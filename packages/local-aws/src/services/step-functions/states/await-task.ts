import { alarm } from '../alarm.ts';
import { heartbeatTimedOut, StatesError, timedOut } from '../errors.ts';
import type { Json } from '../json.ts';
import type { Scope } from '../scope.ts';
import type { Plan } from './task.ts';

/** An answer from outside, as `SendTaskSuccess` and `SendTaskFailure` leave it in the journal. */
export type Reply = { output: Json } | { error?: string; cause?: string };

export interface Attempt {
  readonly scope: Scope;
  readonly key: string;
  /** Milliseconds since 1970; the time-outs count from here, also after a restart. */
  readonly startedAt: number;
  readonly plan: Plan;
  readonly waitsForToken: boolean;
  invoke(): Promise<Json>;
  /** With a task token: the service took the request, now the answer is awaited. */
  submitted(output: Json): void;
}

/**
 * Waits for the first of the service's answer (with a task token, the reply), `TimeoutSeconds` and
 * `HeartbeatSeconds`.
 *
 * After a restart an unfinished request is sent again, with the same token. A request that the service had
 * accepted is not.
 *
 * @throws StatesError
 */
export function awaitTask(attempt: Attempt): Promise<Json> {
  const { scope, key, plan, startedAt, waitsForToken } = attempt;
  const { clock, progress, waiting } = scope.run;
  return scope.wait<Json>((resolve, reject) => {
    let cancelHeartbeat = () => {};
    const { timeoutSeconds, heartbeatSeconds } = plan;
    const cancelTimeout =
      timeoutSeconds === undefined
        ? () => {}
        : alarm(clock, startedAt + timeoutSeconds * 1000, () => reject(timedOut()));
    const look = () => {
      const reply = progress.recall(`${key}/reply`)?.data as Reply | undefined;
      if (reply)
        return 'output' in reply ? resolve(reply.output) : reject(new StatesError(reply.error, reply.cause));
      if (heartbeatSeconds === undefined) return;
      cancelHeartbeat();
      const newest = progress.recall(`${key}/heartbeat`)?.time ?? startedAt;
      cancelHeartbeat = alarm(clock, newest + heartbeatSeconds * 1000, () => reject(heartbeatTimedOut()));
    };
    if (waitsForToken) {
      waiting.set(key, look);
      look();
    }
    const taken = waitsForToken && (progress.recall(`${key}/reply`) ?? progress.recall(`${key}/submitted`));
    if (!taken) {
      attempt
        .invoke()
        .then((output) => {
          if (!waitsForToken) resolve(output);
          else if (!scope.abandoned && waiting.get(key) === look) attempt.submitted(output);
        })
        .catch(reject);
    }
    return () => {
      cancelTimeout();
      cancelHeartbeat();
      waiting.delete(key);
    };
  });
}
