import { type GoldenAnswers, goldenAnswersSchema } from '#core/contracts/golden-answers.ts';
import { goldenAnswersKey } from '#core/keys.ts';
import type { Bucket } from '../aws/bucket.ts';

interface Subject {
  execution: string;
  domain: string;
}

/** What each promotion's endpoint answered about golden images. */
export function goldenAnswersIn(bucket: Bucket) {
  return {
    /** Undefined where no endpoint was asked, or by an older Graft. */
    find({ execution, domain }: Subject): Promise<GoldenAnswers | undefined> {
      return bucket.findJson(goldenAnswersKey(execution, domain), goldenAnswersSchema);
    },

    save({ execution, domain }: Subject, answers: GoldenAnswers): Promise<void> {
      return bucket.writeJson(goldenAnswersKey(execution, domain), answers);
    },
  };
}
