import * as z from 'zod';
import { BusyError } from '#core/errors.ts';
import { deploymentLockKey } from '#core/keys.ts';
import type { Bucket } from '../aws/bucket.ts';

const lockSchema = z.strictObject({
  schemaVersion: z.literal(1),
  /** Name and ARN of the execution that holds it. */
  execution: z.string(),
  executionArn: z.string(),
});

export interface Holder {
  execution: string;
  executionArn: string;
}

/** Which execution may change a domain's endpoint. */
export function deploymentLocksIn(bucket: Bucket) {
  return {
    /**
     * Makes this execution the only one that changes the domain's endpoint, from before it reads the champion
     * until it has written the next one. Without the lock, of two models that are promoted at once, the older
     * could replace the newer between the two. An execution that has ended without releasing the lock
     * (aborted by hand) loses it.
     *
     * @throws BusyError while another running execution holds it
     */
    async take(
      domain: string,
      { execution, executionArn }: Holder,
      isRunning: (executionArn: string) => Promise<boolean>,
    ): Promise<void> {
      const key = deploymentLockKey(domain);
      const lock = { schemaVersion: 1, execution, executionArn };
      if (await bucket.writeJsonIf({ ifNoneMatch: '*' }, key, lock)) return;

      const held = await bucket.findVersion(key, lockSchema);
      if (held?.value.executionArn === executionArn) return;
      const free = held !== undefined && !(await isRunning(held.value.executionArn));
      if (free && (await bucket.writeJsonIf({ ifMatch: held.etag }, key, lock))) return;
      throw new BusyError(
        `Execution ${held?.value.execution ?? 'of another model'} is deploying to "${domain}"`,
      );
    },

    /** Releases the lock if this execution holds it. */
    async release(domain: string, execution: string): Promise<void> {
      const key = deploymentLockKey(domain);
      const held = await bucket.findJson(key, lockSchema);
      if (held?.execution === execution) await bucket.delete(key);
    },
  };
}
