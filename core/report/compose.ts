import type { Evaluation, EvaluationRow, Mode } from '../contracts/evaluation.ts';
import type { GoldenAnswers } from '../contracts/golden-answers.ts';
import type { Manifest, Origin } from '../contracts/manifest.ts';
import type { Outcome } from '../contracts/outcome.ts';
import type { PastChampion, Report, ReportJob, ReportOutcome, TrainedScore } from '../contracts/report.ts';
import { costOf, type PriceList } from '../prices.ts';
import { scoreOf } from './score.ts';
import { unsureScoreOf } from './unsure-score.ts';

/** More would make the page heavy. */
export const SHOWN_MISTAKES = 24;

/** Past champions that the report shows. */
export const SHOWN_CHAMPIONS = 20;

/** A training job as SageMaker describes it, without its price. */
export type BilledJob = Omit<ReportJob, 'pricePerHour' | 'cost' | 'savedBySpot'>;

/** Everything that a promotion wrote about one domain. What it did not reach is absent. */
export interface ReportSource {
  /** As FinishDomain wrote it, or the state of things while a person decides. */
  outcome: Omit<Outcome, 'outcome'> & { outcome: ReportOutcome };
  evaluations: { [mode in Mode]?: Evaluation | undefined };
  /** The champion, scored on the same test images by the transfer job. */
  champion?: { version: string; rows: readonly EvaluationRow[] } | undefined;
  /** All models that were live in the domain, oldest first. */
  history?: readonly PastChampion[] | undefined;
  golden?: GoldenAnswers | undefined;
  jobs: readonly BilledJob[];
  prices: PriceList;
  startedAt?: string | undefined;
  lineage: Omit<Report['lineage'], 'data' | 'generalDataSet' | 'generalSource' | 'agentVersion'> & {
    generalModel?: Manifest | undefined;
  };
}

/**
 * Composes `report.json`. Pure: the same source gives the same report, so that a retry writes the same bytes.
 */
export function composeReport(source: ReportSource): Report {
  const { outcome, evaluations, champion, history = [], jobs, prices, startedAt } = source;
  const { transfer, baseline } = evaluations;
  const labels = (transfer ?? baseline)?.labels ?? [];
  const mistakes = (transfer?.rows ?? []).filter((row) => row.prediction !== row.truth);
  const priced = jobs.map((job) => withCost(job, prices));
  const { generalModel, ...lineage } = source.lineage;
  const { schemaVersion: _, ...golden } = source.golden ?? {};
  const data = (transfer ?? baseline)?.data;
  return {
    schemaVersion: 1,
    domain: outcome.domain,
    model: outcome.model,
    version: outcome.version,
    execution: outcome.execution,
    outcome: outcome.outcome,
    reason: outcome.reason,
    ...(outcome.forced === undefined ? {} : { forced: outcome.forced }),
    ...(outcome.approval === undefined ? {} : { approval: outcome.approval }),
    ...(startedAt === undefined ? {} : { startedAt }),
    finishedAt: outcome.finishedAt,
    labels,
    scores: {
      ...(baseline ? { baseline: trainedScoreOf(baseline) } : {}),
      ...(transfer ? { transfer: trainedScoreOf(transfer) } : {}),
      ...(champion && champion.rows.length > 0
        ? { champion: { ...scoreOf(labels, champion.rows), version: champion.version } }
        : {}),
    },
    gate: outcome.gate ?? [],
    ...(history.length === 0 ? {} : { history: history.slice(-SHOWN_CHAMPIONS) }),
    misclassified: {
      total: mistakes.length,
      shown: mistakes
        .toSorted((a, b) => b.confidence - a.confidence || (a.id < b.id ? -1 : 1))
        .slice(0, SHOWN_MISTAKES),
    },
    ...(source.golden === undefined ? {} : { golden: golden as Report['golden'] & object }),
    cost: {
      currency: 'USD',
      prices: { region: prices.region, recordedAt: prices.recordedAt, source: prices.source },
      jobs: priced,
      total: priced.reduce<number | null>(
        (sum, { cost }) => (sum === null || cost === null ? null : sum + cost),
        0,
      ),
    },
    lineage: {
      ...lineage,
      ...(generalModel ? { ...originOf(generalModel.origin), agentVersion: generalModel.agentVersion } : {}),
      ...(data
        ? {
            data: {
              trainDigest: data.trainDigest,
              testDigest: data.testDigest,
              trainImages: data.trainImages,
              testImages: data.testImages,
              damaged: data.damaged.length,
            },
          }
        : {}),
    },
  };
}

function originOf(origin: Origin): Pick<Report['lineage'], 'generalDataSet' | 'generalSource'> {
  if (origin.kind === 'trained') {
    const { name, digest, images } = origin.dataSet;
    return { generalDataSet: { name, digest, images } };
  }
  const { format, producer, source } = origin;
  const made = producer === undefined ? {} : { producer };
  return { generalSource: { name: source.name, digest: source.sha256, format, ...made } };
}

function trainedScoreOf(evaluation: Evaluation): TrainedScore {
  const { labels, rows, curve, bestStep, steps, seconds, latencyMs, seed, backend } = evaluation;
  const { choices, calibration } = evaluation;
  const unsure = unsureScoreOf(evaluation);
  return {
    ...{ ...scoreOf(labels, rows), curve, bestStep, steps, seconds, latencyMs, seed, backend },
    ...(choices ? { choices } : {}),
    ...(calibration ? { calibration } : {}),
    ...(unsure ? { unsure } : {}),
  };
}

/** A job with its price. One of an earlier promotion costs this one nothing. */
export function withCost(job: BilledJob, prices: PriceList): ReportJob {
  const { instanceType, instances, billableSeconds, reusedFrom } = job;
  const pricePerHour = (instanceType === undefined ? undefined : prices.perHour[instanceType]) ?? null;
  const known = instanceType !== undefined && instances !== undefined && billableSeconds !== undefined;
  const cost = known ? costOf(prices, instanceType, instances, billableSeconds) : null;
  return { ...job, ...savingsOf(job), pricePerHour, cost: reusedFrom === undefined ? cost : 0 };
}

/** As SageMaker's console computes it: 1 − billable ÷ training seconds. */
function savingsOf({ spot, seconds, billableSeconds }: BilledJob): Pick<ReportJob, 'savedBySpot'> {
  if (!spot || !seconds || billableSeconds === undefined) return {};
  return { savedBySpot: Math.max(0, 1 - billableSeconds / seconds) };
}
