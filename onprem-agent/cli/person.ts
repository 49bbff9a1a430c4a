import { userInfo } from 'node:os';
import { personSchema } from '#core/contracts/promotion.ts';
import { UsageError } from './errors.ts';

/** The name that is recorded with a decision: `--by`, or the person's login name. */
export const personArgs = {
  by: { type: 'string', valueHint: 'NAME', description: 'Who decides; otherwise your login name' },
} as const;

/** @throws UsageError when --by is no name */
export function personOf(by: string | undefined): string {
  const parsed = personSchema.safeParse(by ?? userInfo().username);
  if (parsed.success) return parsed.data;
  throw new UsageError(`--by is "${by}": ${parsed.error.issues[0]!.message}`);
}
