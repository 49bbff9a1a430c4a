import type { Output } from '../cli/output.ts';
import type { FailedAttempt } from './persistence.ts';

/** Says the first failure, and then the second, fourth, eighth …: a link may be down for days. */
export function tellFailure(output: Output, { error, failures, seconds, trouble }: FailedAttempt): void {
  const isNews = (failures & (failures - 1)) === 0;
  if (!isNews) return;
  output.warn(
    { trouble, failures, seconds },
    `${error.message}; attempt ${failures + 1} in ${Math.ceil(seconds)} s`,
  );
}
