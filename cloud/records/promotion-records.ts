import { outcomeKey, promotionRecordKey, promotionRecordsPrefix } from '#core/keys.ts';
import type { Bucket } from '../aws/bucket.ts';

/** A promotion of a domain whose artifacts are still there. */
export interface RecordedPromotion {
  execution: string;
  /** Milliseconds since 1970. */
  began: number;
  ended: boolean;
}

/**
 * The promotions of each domain whose artifacts are still there. The clean-up finds artifacts by domain, and
 * below `promotions/` they lie by execution.
 */
export function promotionRecordsIn(bucket: Bucket) {
  return {
    /**
     * Records, before the first artifact, that a promotion has begun. A retry keeps the time of the first
     * attempt.
     */
    async add({ execution, domain }: { execution: string; domain: string }): Promise<void> {
      const record = { schemaVersion: 1, execution };
      await bucket.writeJsonIf({ ifNoneMatch: '*' }, promotionRecordKey(domain, execution), record);
    },

    /** The newest first. */
    async list(domain: string): Promise<RecordedPromotion[]> {
      const prefix = promotionRecordsPrefix(domain);
      const promotions: RecordedPromotion[] = [];
      for await (const { key, modified } of bucket.list(prefix)) {
        const execution = key.slice(prefix.length, -'.json'.length);
        const ended = await bucket.exists(outcomeKey(execution, domain));
        promotions.push({ execution, began: modified, ended });
      }
      return promotions.sort((a, b) => b.began - a.began);
    },

    remove({ execution, domain }: { execution: string; domain: string }): Promise<void> {
      return bucket.delete(promotionRecordKey(domain, execution));
    },
  };
}
