import { describeError, GraftError, IntegrityError } from '#core/errors.ts';

/** The command line itself is wrong: exit code 2. */
export class UsageError extends GraftError {
  constructor(message: string, hint?: string) {
    super('Usage', message, hint === undefined ? {} : { hint });
  }
}

/** AWS refused a request or could not be reached. The hint says what to do. */
export class AwsAccessError extends GraftError {
  constructor(message: string, details: { hint: string; cause: unknown }) {
    super('AwsAccess', message, details);
  }
}

/** A step of installing a native backend failed. The earlier installation is unchanged. */
export class BackendInstallError extends GraftError {
  constructor(message: string, details: { hint: string; cause?: unknown }) {
    super('BackendInstallation', message, details);
  }
}

/**
 * `notDeployed`: with `--follow`, the promotion succeeded but is not live in every domain. `someFailed`: of
 * many images, some have no prediction.
 */
export const EXIT_CODES = {
  ok: 0,
  failed: 1,
  usage: 2,
  notDeployed: 3,
  someFailed: 4,
  interrupted: 130,
} as const;

/** What each exit code says; docs/agent.md has the same table. */
export const EXIT_CODE_MEANINGS: readonly (readonly [code: string, meaning: string])[] = [
  ['0', 'done'],
  ['1', 'failed'],
  ['2', 'wrong usage'],
  ['3', 'promoted, but not deployed in every domain (with --follow)'],
  ['4', 'done, but some images have no prediction (predict --out)'],
  ['130', 'interrupted'],
];

/** 130 (128 + SIGINT) after an interruption, whatever error the interrupted call threw. */
export function exitCodeOf(error: unknown, interrupted: boolean): number {
  if (interrupted) return EXIT_CODES.interrupted;
  return error instanceof UsageError ? EXIT_CODES.usage : EXIT_CODES.failed;
}

/** Name, message and hint, as the last line of `--json` says them. */
export function errorFields(error: unknown): { name: string; message: string; hint?: string } {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  const hint = error instanceof GraftError ? error.hint : undefined;
  return { name: error.name, message: error.message, ...(hint === undefined ? {} : { hint }) };
}

/** As lines on a terminal. */
export function errorText(error: unknown): string {
  return `graft: ${describeError(error)}\n`;
}

/** A model version is in the bucket already, and is not this one. */
export function versionExists(uri: string): GraftError {
  return new IntegrityError(`${uri} is there already, with other content`, {
    hint: 'A pushed version is never overwritten: train again, or push it as a new version with --redate.',
  });
}
