/** What every error of Graft carries beyond its message. */
export interface ErrorDetails {
  /** What the reader can do about it, as one sentence. */
  hint?: string;
  /** The error that caused this one. */
  cause?: unknown;
}

/**
 * Base of every error that Graft throws on purpose. `name` is stable: `Retry` and `Catch` of the state
 * machine and the exit codes of the command line match on it, so it does not change when a class is renamed.
 */
export class GraftError extends Error {
  readonly hint: string | undefined;

  constructor(name: string, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = name;
    this.hint = details.hint;
  }
}

/** An input (file, event, option, request) does not have the agreed form. */
export class InvalidInputError extends GraftError {
  constructor(message: string, details?: ErrorDetails) {
    super('InvalidInput', message, details);
  }
}

/** A model, signature, file or data set is not what its manifest says. Never retried. */
export class IntegrityError extends GraftError {
  constructor(message: string, details?: ErrorDetails) {
    super('IntegrityViolation', message, details);
  }
}

/** Something that is needed does not exist. */
export class NotFoundError extends GraftError {
  constructor(message: string, details?: ErrorDetails) {
    super('NotFound', message, details);
  }
}

/** A resource is changing; the same call may succeed later. The state machine retries on this name. */
export class BusyError extends GraftError {
  constructor(message: string, details?: ErrorDetails) {
    super('Busy', message, details);
  }
}

/** A training job ended without a usable result (`Failed` or `Stopped`). */
export class TrainingFailedError extends GraftError {
  constructor(message: string, details?: ErrorDetails) {
    super('TrainingFailed', message, details);
  }
}

/** An endpoint did not reach `InService` on the configuration that was asked for. */
export class DeploymentFailedError extends GraftError {
  constructor(message: string, details?: ErrorDetails) {
    super('DeploymentFailed', message, details);
  }
}

/**
 * SageMaker has gone back to the configuration before: an alarm fired, or the new instances did not become
 * healthy.
 */
export const ROLLED_BACK = 'RolledBack';

/** The live endpoint answers differently from the training job on the golden images. */
export class GoldenMismatchError extends GraftError {
  constructor(message: string, details?: ErrorDetails) {
    super('GoldenMismatch', message, details);
  }
}

/** A newer model is already live for this domain. */
export class SupersededError extends GraftError {
  constructor(message: string, details?: ErrorDetails) {
    super('Superseded', message, details);
  }
}

/**
 * Another model went live after the gate compared this one with the champion of that time. The state machine
 * asks the gate again.
 */
export class ChampionChangedError extends GraftError {
  constructor(message: string, details?: ErrorDetails) {
    super('ChampionChanged', message, details);
  }
}

/** The baseline that an earlier promotion trained does not fit this one. The state machine trains another. */
export class BaselineUnfitError extends GraftError {
  constructor(message: string, details?: ErrorDetails) {
    super('BaselineUnfit', message, details);
  }
}

/**
 * An AWS service throttled the call or failed, even after the SDK's own retries. The state machine retries on
 * this name, so that its `Retry` needs no list of every service's error codes.
 */
export class TransientError extends GraftError {
  constructor(message: string, details?: ErrorDetails) {
    super('Transient', message, details);
  }
}

/**
 * A quota of the account is used up: training instances, serverless endpoints. The state machine tries again
 * for days, since other jobs end and people can raise a quota.
 */
export class LimitReachedError extends GraftError {
  constructor(message: string, details?: ErrorDetails) {
    super('LimitReached', message, details);
  }
}

/** Message, hint and causes on one line each, for terminals and `FailureReason`. */
export function describeError(error: unknown): string {
  const lines: string[] = [];
  for (let current = error, depth = 0; current !== undefined && depth < 4; depth++) {
    if (current instanceof Error) {
      lines.push(depth === 0 ? current.message : `caused by: ${current.message}`);
      if (current instanceof GraftError && current.hint) lines.push(`hint: ${current.hint}`);
      current = current.cause;
    } else {
      lines.push(depth === 0 ? String(current) : `caused by: ${String(current)}`);
      break;
    }
  }
  return lines.join('\n');
}
