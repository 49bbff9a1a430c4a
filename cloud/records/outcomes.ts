import { type Outcome, outcomeSchema } from '#core/contracts/outcome.ts';
import { outcomeKey } from '#core/keys.ts';
import type { Bucket } from '../aws/bucket.ts';

/** How each promotion of a domain ended. */
export function outcomesIn(bucket: Bucket) {
  return {
    /** Undefined while the promotion runs. */
    find({ execution, domain }: { execution: string; domain: string }): Promise<Outcome | undefined> {
      return bucket.findJson(outcomeKey(execution, domain), outcomeSchema);
    },

    save(outcome: Outcome): Promise<void> {
      return bucket.writeJson(outcomeKey(outcome.execution, outcome.domain), outcome);
    },
  };
}
