import type { Evaluation, EvaluationRow } from '../contracts/evaluation.ts';
import type { Champion } from '../contracts/outcome.ts';

/** What the gate knows about the champion. */
export type ChampionCase =
  | { standing: 'none' }
  | { standing: 'scored'; version: string; trainingJob: string; rows: readonly EvaluationRow[] }
  /** Its labels differ, so no image can be compared. */
  | { standing: 'other-labels'; version: string; trainingJob: string; labels: readonly string[] }
  | { standing: 'not-scored'; version: string; trainingJob: string; reason: string };

export interface ChampionEvidence {
  /** `champion.json` at this moment; undefined when nothing is live. */
  live: Pick<Champion, 'trainingJob' | 'version'> | undefined;
  /** Training job of the champion that the transfer job was given to score; null when there was none. */
  offered: string | null;
  challenger: Evaluation;
  /** The evaluation with which the live champion was promoted, where it can be read. */
  own: Evaluation | undefined;
}

/**
 * Finds the champion's predictions for the challenger's test images. The transfer job scored the champion
 * that was live when the promotion began. If another one went live since, its own evaluation counts if it is
 * of exactly the same test images. Otherwise the champion is `not-scored`, which no rule accepts.
 */
export function championCase({ live, offered, challenger, own }: ChampionEvidence): ChampionCase {
  if (live === undefined) return { standing: 'none' };
  const { trainingJob, version } = live;
  const subject = { trainingJob, version };
  const { champion: scores, championNotScored: missing } = challenger;
  if (scores?.trainingJob === trainingJob) return { standing: 'scored', ...subject, rows: scores.rows };
  if (missing?.trainingJob === trainingJob && missing.labels !== undefined) {
    if (!sameLabels(missing.labels, challenger.labels)) {
      return { standing: 'other-labels', ...subject, labels: missing.labels };
    }
  }
  if (offered === trainingJob) {
    const reason = missing?.reason ?? 'the transfer job has no scores of it';
    return { standing: 'not-scored', ...subject, reason };
  }
  if (own === undefined) {
    return {
      standing: 'not-scored',
      ...subject,
      reason: 'it went live meanwhile, and its evaluation is missing',
    };
  }
  if (!sameLabels(own.labels, challenger.labels)) {
    return { standing: 'other-labels', ...subject, labels: own.labels };
  }
  if (own.data.testDigest !== challenger.data.testDigest) {
    return {
      standing: 'not-scored',
      ...subject,
      reason: 'it went live meanwhile, measured on other test images: start the promotion again',
    };
  }
  return { standing: 'scored', ...subject, rows: own.rows };
}

/** Labels in another order are the same: predictions are compared by name. */
export function sameLabels(one: readonly string[], other: readonly string[]): boolean {
  const names = new Set(one);
  return names.size === new Set(other).size && other.every((label) => names.has(label));
}
