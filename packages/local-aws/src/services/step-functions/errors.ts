/**
 * What makes a state fail. `error` and `reason` are what `$states.errorOutput` shows as `Error` and `Cause`;
 * both may be missing (a Fail state without them, `SendTaskFailure` without arguments).
 */
export class StatesError extends Error {
  readonly error: string | undefined;
  readonly reason: string | undefined;
  /** Further names under which `Retry` and `Catch` find this error. */
  readonly aliases: readonly string[];

  constructor(error: string | undefined, reason: string | undefined, aliases: readonly string[] = []) {
    super(`${error ?? 'error without a name'}${reason ? `: ${reason}` : ''}`);
    this.name = 'StatesError';
    this.error = error;
    this.reason = reason;
    this.aliases = aliases;
  }

  /** The same error as a container state reports it, with another alias. */
  as(alias: string): StatesError {
    return new StatesError(this.error, this.reason, [...this.aliases, alias]);
  }
}

/** A JSONata expression failed; becomes an `EvaluationFailed` event before the state fails. */
export class EvaluationError extends StatesError {
  /** Field and path inside it, for instance `Output/result`. */
  readonly location: string | undefined;

  constructor(reason: string, location: string | undefined) {
    super('States.QueryEvaluationError', reason);
    this.location = location;
  }
}

/**
 * The workflow that this code belongs to was abandoned: another branch failed, the execution was stopped or
 * timed out, or the service shuts down. History never records it.
 */
export class Abandoned extends Error {
  constructor() {
    super('abandoned');
    this.name = 'Abandoned';
  }
}

/** A state ran longer than `TimeoutSeconds`. AWS reports an empty cause. */
export function timedOut(): StatesError {
  return new StatesError('States.Timeout', '');
}

/**
 * No heartbeat came within `HeartbeatSeconds`. AWS reports `States.Timeout`; `Retry` and `Catch` may use
 * either name.
 */
export function heartbeatTimedOut(): StatesError {
  return new StatesError('States.Timeout', '', ['States.HeartbeatTimeout']);
}

/** Something no `Retry` and no `Catch` can help with. */
export function runtimeError(reason: string): StatesError {
  return new StatesError('States.Runtime', reason);
}

const NOT_IN_ALL = new Set(['States.Runtime', 'States.DataLimitExceeded']);

/**
 * Whether an `ErrorEquals` list names this error. `States.ALL` matches all but `States.Runtime` and
 * `States.DataLimitExceeded`; `States.TaskFailed` all of those but `States.Timeout`.
 */
export function matches(error: StatesError, errorEquals: readonly string[]): boolean {
  const name = error.error;
  if (name === 'States.Runtime') return false;
  return errorEquals.some((wanted) => {
    if (wanted === 'States.ALL') return name === undefined || !NOT_IN_ALL.has(name);
    if (wanted === 'States.TaskFailed' && name !== 'States.Timeout' && !NOT_IN_ALL.has(name ?? ''))
      return true;
    return wanted === name || error.aliases.includes(wanted);
  });
}
