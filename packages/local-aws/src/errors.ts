/** What an error carries beyond its message. */
export interface ErrorDetails {
  /** What the reader can do about it, as one sentence. */
  hint?: string;
  /** The error underneath, when there is one. */
  cause?: unknown;
}

/** Base of the errors that the local AWS raises on purpose. `name` is stable: programs may match on it. */
export class LocalAwsError extends Error {
  readonly hint: string | undefined;

  constructor(name: string, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = name;
    this.hint = details.hint;
  }
}

/** An option, a template, a file or a request does not have the required form. */
export class InvalidInputError extends LocalAwsError {
  constructor(message: string, details?: ErrorDetails) {
    super('InvalidInput', message, details);
  }
}

/** An archive is damaged. */
export class IntegrityError extends LocalAwsError {
  constructor(message: string, details?: ErrorDetails) {
    super('IntegrityViolation', message, details);
  }
}

/** Something that must be there is not. */
export class NotFoundError extends LocalAwsError {
  constructor(message: string, details?: ErrorDetails) {
    super('NotFound', message, details);
  }
}

/** Another process uses the state folder. */
export class BusyError extends LocalAwsError {
  constructor(message: string, details?: ErrorDetails) {
    super('Busy', message, details);
  }
}

/** Message, hint and causes on one line each, for a terminal. A `hint` of any error is printed. */
export function describeError(error: unknown): string {
  const lines: string[] = [];
  for (let current = error, depth = 0; current !== undefined && depth < 4; depth++) {
    const message = current instanceof Error ? current.message : String(current);
    lines.push(depth === 0 ? message : `caused by: ${message}`);
    if (!(current instanceof Error)) break;
    if ('hint' in current && typeof current.hint === 'string') lines.push(`hint: ${current.hint}`);
    current = current.cause;
  }
  return lines.join('\n');
}
