import { userInfo } from 'node:os';
import { personSchema } from '#core/contracts/promotion.ts';
import { UsageError } from './errors.ts';

/** Who decides, as it is recorded: what --by says, otherwise the name that the person has logged in with. */
export const personArgs = {
  by: { type: 'string', valueHint: 'NAME', description: 'Who decides; otherwise your login name' },
} as const;

/** @throws UsageError when --by is no name */
export function personOf(by: string | undefined): string {
  const parsed = personSchema.safeParse(by ?? userInfo().username);
  if (parsed.success) return parsed.data;
  throw new UsageError(`--by is "${by}": ${parsed.error.issues[0]!.message}`);
}
