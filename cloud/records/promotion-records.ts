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
  /** The newest first, without asking which have ended. */
  async function begun(domain: string): Promise<Omit<RecordedPromotion, 'ended'>[]> {
    const prefix = promotionRecordsPrefix(domain);
    const promotions: Omit<RecordedPromotion, 'ended'>[] = [];
    for await (const { key, modified } of bucket.list(prefix)) {
      promotions.push({ execution: key.slice(prefix.length, -'.json'.length), began: modified });
    }
    return promotions.sort((a, b) => b.began - a.began);
  }

  return {
    begun,

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
      const promotions: RecordedPromotion[] = [];
      for (const promotion of await begun(domain)) {
        const ended = await bucket.exists(outcomeKey(promotion.execution, domain));
        promotions.push({ ...promotion, ended });
      }
      return promotions;
    },

    remove({ execution, domain }: { execution: string; domain: string }): Promise<void> {
      return bucket.delete(promotionRecordKey(domain, execution));
    },
  };
}
