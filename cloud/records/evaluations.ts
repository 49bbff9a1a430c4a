import { type Evaluation, evaluationSchema, type Mode } from '#core/contracts/evaluation.ts';
import type { DomainSubject, Trained } from '#core/contracts/promotion-state.ts';
import { BaselineUnfitError, GraftError, IntegrityError, NotFoundError } from '#core/errors.ts';
import { evaluationKey } from '#core/keys.ts';
import { parseJson } from '#core/parse.ts';
import type { Bucket } from '../aws/bucket.ts';
import { readMember } from '../aws/tar.ts';
import { baselinesIn } from './baselines.ts';

interface CollectedEvaluation {
  evaluation: Evaluation;
  key: string;
}

/** The evaluations that promotions have collected from their training jobs, each at a key of its own. */
export function evaluationsIn(bucket: Bucket) {
  return {
    find(key: string): Promise<Evaluation | undefined> {
      return bucket.findJson(key, evaluationSchema);
    },

    /** @throws NotFoundError naming the object */
    read(key: string): Promise<Evaluation> {
      return bucket.readJson(key, evaluationSchema);
    },

    /**
     * Reads `evaluation.json` out of a completed training job's output, checks that it is about what the job
     * was for, and copies it to where people and later states find it without unpacking anything.
     *
     * @throws NotFoundError, IntegrityError, InvalidInputError
     */
    async collect(
      { execution, domain, model, version }: DomainSubject,
      mode: Mode,
      trained: Trained,
    ): Promise<CollectedEvaluation> {
      const bytes = await readMember(bucket, trained.outputKey, 'evaluation.json');
      const what = `evaluation.json of training job ${trained.job}`;
      const evaluation = parseJson(evaluationSchema, new TextDecoder().decode(bytes), what);
      refuseContradictions(evaluation, what, [
        ['mode', evaluation.mode, mode],
        ['domain', evaluation.domain, domain],
        ['general.model', evaluation.general.model, model],
        ['general.version', evaluation.general.version, version],
      ]);
      const key = evaluationKey(execution, domain, mode);
      await bucket.writeJson(key, evaluation);
      return { evaluation, key };
    },

    /**
     * Copies the evaluation of an earlier promotion's baseline into this promotion. It is checked as the
     * promotion's own would be, and must be about the same images and labels as the transfer job's. Its
     * general model may be another version.
     *
     * @throws BaselineUnfitError when it cannot be used: this promotion then needs a baseline of its own
     */
    async collectReused(
      { execution, domain }: DomainSubject,
      trained: Trained,
      transfer: Evaluation,
    ): Promise<CollectedEvaluation> {
      const what = `The baseline of ${trained.reusedFrom}`;
      try {
        const evaluation = await baselinesIn(bucket).findEvaluation(trained);
        if (evaluation === undefined) throw new NotFoundError(`${what} is gone`);
        refuseContradictions(evaluation, what, [
          ['mode', evaluation.mode, 'baseline'],
          ['domain', evaluation.domain, domain],
        ]);
        refuseDifferentData(transfer, evaluation);
        const key = evaluationKey(execution, domain, 'baseline');
        await bucket.writeJson(key, evaluation);
        return { evaluation, key };
      } catch (cause) {
        if (!(cause instanceof GraftError)) throw cause;
        throw new BaselineUnfitError(`${what} does not fit: ${cause.message}`, { cause });
      }
    },
  };
}

function refuseContradictions(
  evaluation: Evaluation,
  what: string,
  expected: readonly (readonly [field: string, said: string, wanted: string])[],
): void {
  const images = [
    'data.testImages',
    String(evaluation.data.testImages),
    String(evaluation.rows.length),
  ] as const;
  for (const [field, said, wanted] of [...expected, images]) {
    if (said !== wanted) throw new IntegrityError(`${what}: ${field} is "${said}", expected "${wanted}"`);
  }
  const right = evaluation.rows.filter((row) => row.prediction === row.truth).length;
  if (Math.abs(right / evaluation.rows.length - evaluation.accuracy) > 1e-6) {
    throw new IntegrityError(`${what}: its accuracy is not that of its rows`);
  }
}

/**
 * The gate compares image by image, so both jobs must have seen the same data.
 *
 * @throws IntegrityError when the domain's images changed while the jobs were being started
 */
export function refuseDifferentData(transfer: Evaluation, baseline: Evaluation): void {
  for (const [what, one, other] of [
    ['test images', transfer.data.testDigest, baseline.data.testDigest],
    ['training images', transfer.data.trainDigest, baseline.data.trainDigest],
    ['labels', JSON.stringify(transfer.labels), JSON.stringify(baseline.labels)],
  ] as const) {
    if (one !== other) {
      throw new IntegrityError(`Transfer and baseline did not get the same ${what}`, {
        hint: 'The data changed meanwhile: start the promotion again.',
      });
    }
  }
}
