import * as z from 'zod';
import { type Evaluation, evaluationSchema } from '#core/contracts/evaluation.ts';
import type { DomainSubject, Trained } from '#core/contracts/promotion-state.ts';
import { baselineKey, evaluationKey, reusedBaselineKey, trainingOutputKeys } from '#core/keys.ts';
import type { Bucket } from '../aws/bucket.ts';
import { log } from '../aws/log.ts';

/**
 * The execution and the training job that train, or have trained, the baseline of a fingerprint. EvaluateGate
 * of that execution writes its evaluation.
 */
const baselineSchema = z.strictObject({
  schemaVersion: z.literal(1),
  execution: z.string(),
  job: z.string(),
});
type Baseline = z.output<typeof baselineSchema>;

/**
 * The baselines that promotions have trained, by fingerprint, and those that later promotions have reused.
 */
export function baselinesIn(bucket: Bucket) {
  /**
   * Evaluation of a baseline that an earlier execution trained, undefined when it is gone.
   *
   * @throws InvalidInputError when it is damaged
   */
  function findEvaluation({ evaluationKey: key }: Trained): Promise<Evaluation | undefined> {
    return bucket.findJson(key!, evaluationSchema);
  }

  return {
    findEvaluation,

    /**
     * Records that this execution trains the baseline for this fingerprint; later promotions may reuse it
     * once it has an evaluation.
     */
    claim(fingerprint: string, { execution, domain }: DomainSubject, job: string): Promise<void> {
      const claim: Baseline = { schemaVersion: 1, execution, job };
      return bucket.writeJson(baselineKey(domain, fingerprint), claim);
    },

    /**
     * The finished baseline of an earlier execution, undefined where there is none. A damaged record is a
     * reason to train a new baseline, never to fail.
     */
    async find(fingerprint: string, { execution, domain }: DomainSubject): Promise<Trained | undefined> {
      try {
        const found = await bucket.findJson(baselineKey(domain, fingerprint), baselineSchema);
        if (found === undefined || found.execution === execution) return undefined;
        const trained = trainedBy(found, domain);
        return (await findEvaluation(trained)) && trained;
      } catch (error) {
        if (!(error instanceof Error) || error.name !== 'InvalidInput') throw error;
        log.warn('an earlier baseline cannot be used', { fingerprint, error });
        return undefined;
      }
    },

    /** Records which baseline a promotion reuses, since it trains none of its own. */
    recordReuse({ execution, domain }: DomainSubject, { job, reusedFrom }: Trained): Promise<void> {
      const link: Baseline = { schemaVersion: 1, execution: reusedFrom!, job };
      return bucket.writeJson(reusedBaselineKey(execution, domain), link);
    },

    /** The baseline that an execution has reused; undefined where it has trained its own. */
    async findReuse(execution: string, domain: string): Promise<Trained | undefined> {
      const found = await bucket.findJson(reusedBaselineKey(execution, domain), baselineSchema);
      return found && trainedBy(found, domain);
    },
  };
}

function trainedBy({ execution, job }: Baseline, domain: string): Trained {
  return {
    job,
    ...trainingOutputKeys(execution, domain, job),
    reusedFrom: execution,
    evaluationKey: evaluationKey(execution, domain, 'baseline'),
  };
}
