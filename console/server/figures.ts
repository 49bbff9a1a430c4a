import * as z from 'zod';
import { mapBounded } from '#core/bounded.ts';
import { reportSchema, trainedScoreSchema, unsureScoreSchema } from '#core/contracts/report.ts';
import { championHistoryKey, reportKey } from '#core/keys.ts';
import type { DomainFigures } from '../contracts/domains.ts';
import type { KnownDomain } from './domains.ts';
import { remember } from './remember.ts';
import type { ConsoleServices } from './services.ts';

/** Champions whose accuracies make the small line. */
const CHAMPIONS = 12;
/** Reports of one domain that are read at the same time. */
const AT_ONCE = 6;
const MONTH_MS = 30 * 24 * 3_600_000;
/** Reports and champions that are remembered. */
const REMEMBERED = 20_000;

/** What lists need of a report. It has much more. */
const reportFiguresSchema = z.object({
  outcome: reportSchema.shape.outcome,
  cost: z.object({ total: reportSchema.shape.cost.shape.total }),
  scores: z.object({
    transfer: z
      .object({
        interval: trainedScoreSchema.shape.interval,
        unsure: z.object({ falseAlarms: unsureScoreSchema.shape.falseAlarms }).optional(),
      })
      .optional(),
  }),
  history: z
    .array(z.object({ version: z.string(), promotedAt: z.string(), accuracy: z.number() }))
    .optional(),
});
type ReportFigures = z.output<typeof reportFiguresSchema>;

export type ReadFigures = (known: KnownDomain) => Promise<DomainFigures>;

/**
 * Finds out what records say of a domain's costs, its unsure rate, and what was live. Reports name the past
 * champions, so only those are read that no report names. A report that waits for no person is final.
 */
export function figureReader({ store, now }: Pick<ConsoleServices, 'store' | 'now'>): ReadFigures {
  const finalReports = remember<ReportFigures>(REMEMBERED);
  const pastAccuracies = remember<number>(REMEMBERED);

  async function readReport(key: string): Promise<ReportFigures | undefined> {
    let found: ReportFigures | undefined;
    const final = await finalReports(key, async () => {
      found = await store.bucket.findJson(key, reportFiguresSchema);
      return found?.outcome === 'AWAITING_APPROVAL' ? undefined : found;
    });
    return final ?? found;
  }

  async function accuracies({ domain, champion }: KnownDomain, reports: readonly ReportFigures[]) {
    const named = reports.flatMap(({ history = [] }) => history);
    const known = new Map(
      [...named, ...(champion === undefined ? [] : [champion])].map(({ version, promotedAt, accuracy }) => [
        championHistoryKey(domain, promotedAt, version),
        accuracy,
      ]),
    );
    const newest = (await store.championHistory.keys(domain)).slice(-CHAMPIONS);
    const values = await mapBounded(newest, AT_ONCE, async (key) => {
      const read = async () => (await store.championHistory.read(key))?.accuracy;
      return known.get(key) ?? (await pastAccuracies(key, read));
    });
    return values.filter((value) => value !== undefined);
  }

  return async (known) => {
    const { domain, champion, begun } = known;
    const recent = begun
      .filter(({ began }) => began >= now() - MONTH_MS)
      .map(({ execution }) => reportKey(execution, domain, 'json'));
    // It lies beside the evaluation, of which a champion remembers where it is.
    const live = champion?.evaluationKey.replace(/[^/]+$/, 'report.json');
    const keys = [...new Set([...recent, ...(live === undefined ? [] : [live])])];
    const reports = await mapBounded(keys, AT_ONCE, readReport);
    const written = reports.filter((report) => report !== undefined);
    const costs = reports.slice(0, recent.length).flatMap((report) => (report ? [report.cost.total] : []));
    const { interval, unsure } = (live && reports[keys.indexOf(live)]?.scores.transfer) || {};
    return {
      domain,
      history: await accuracies(known, written),
      cost: costs.reduce(
        (sum, cost) => (sum === null || cost === null ? null : sum + cost),
        0 as number | null,
      ),
      ...(interval === undefined ? {} : { interval }),
      ...(unsure === undefined ? {} : { unsure: unsure.falseAlarms }),
    };
  };
}
