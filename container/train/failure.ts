import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describeError } from '#core/errors.ts';
import { shorten } from '#core/shorten.ts';

/** SageMaker shows this much of the failure file as the job's `FailureReason`. */
const FAILURE_REASON_LIMIT = 1024;

/** Message, remedy and causes, the most important first, because SageMaker cuts off the end. */
export function failureReason(error: unknown): string {
  const text = describeError(error);
  return shorten(text, FAILURE_REASON_LIMIT);
}

/** Synchronous, because a process that is being stopped may have no further turn of the event loop. */
export function writeFailure(path: string, error: unknown): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, failureReason(error));
}
