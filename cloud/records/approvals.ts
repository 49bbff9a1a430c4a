import { type PendingApproval, pendingApprovalSchema } from '#core/contracts/approval.ts';
import { approvalKey, approvalsPrefix } from '#core/keys.ts';
import type { Bucket } from '../aws/bucket.ts';

/** The promotions that wait for a person, each with the task token that the answer needs. */
export function approvalsIn(bucket: Bucket) {
  return {
    save(pending: PendingApproval): Promise<void> {
      return bucket.writeJson(approvalKey(pending.execution, pending.domain), pending);
    },

    /** Undefined where a promotion does not wait for a person. */
    find({ execution, domain }: { execution: string; domain: string }): Promise<PendingApproval | undefined> {
      return bucket.findJson(approvalKey(execution, domain), pendingApprovalSchema);
    },

    /** Removing what is not there is fine. */
    remove({ execution, domain }: { execution: string; domain: string }): Promise<void> {
      return bucket.delete(approvalKey(execution, domain));
    },

    /** Every promotion that waits for a person, by execution and domain. */
    async list(): Promise<PendingApproval[]> {
      const waiting: PendingApproval[] = [];
      for await (const { value } of bucket.listJson(approvalsPrefix, pendingApprovalSchema))
        waiting.push(value);
      return waiting;
    },
  };
}
