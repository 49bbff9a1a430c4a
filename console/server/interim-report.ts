import { readReportThumbnails } from '#cloud/data/report-thumbnails.ts';
import { decisionSchema } from '#core/contracts/decision.ts';
import { decisionKey, evaluationKey } from '#core/keys.ts';
import { listPrices } from '#core/prices.ts';
import { type BilledJob, composeReport, SHOWN_CHAMPIONS } from '#core/report/compose.ts';
import { reportSections } from '#core/report/page.ts';
import type { Section } from '../contracts/promotions.ts';
import type { ConsoleServices } from './services.ts';

/**
 * What the report of a promotion is going to show, as far as the promotion has come: composed of the same
 * records, before there is a report. How it ends and what it was made from, only the report says.
 *
 * @param jobs the training jobs that have ended
 */
export async function interimSections(
  { store, data, now }: ConsoleServices,
  { execution, domain }: { execution: string; domain: string },
  jobs: readonly BilledJob[],
): Promise<Section[]> {
  const evaluation = (mode: string) => store.evaluations.find(evaluationKey(execution, domain, mode));
  const [decision, transfer, baseline, golden, history] = await Promise.all([
    store.bucket.findJson(decisionKey(execution, domain), decisionSchema),
    evaluation('transfer'),
    evaluation('baseline'),
    store.goldenAnswers.find({ execution, domain }),
    store.championHistory.list(domain, SHOWN_CHAMPIONS),
  ]);
  const { model, version } = transfer?.general ?? { model: '', version: '' };
  const report = composeReport({
    outcome: {
      schemaVersion: 1,
      ...{ domain, model, version, execution },
      outcome: 'AWAITING_APPROVAL',
      reason: '',
      gate: decision?.rows ?? [],
      finishedAt: new Date(now()).toISOString(),
    },
    evaluations: { transfer, baseline },
    champion: transfer?.champion,
    history: history.map((each) => ({
      ...{ model: each.model, version: each.version, execution: each.execution },
      ...{ accuracy: each.accuracy, promotedAt: each.promotedAt },
      rolledBack: each.rolledBackFrom !== undefined,
    })),
    golden,
    jobs,
    prices: listPrices,
    lineage: { manifest: '', files: [] },
  });
  const absent = new Set([
    'lineage',
    ...(decision === undefined ? ['gate'] : []),
    ...(jobs.length === 0 ? ['cost'] : []),
  ]);
  return reportSections(report, await readReportThumbnails(data, store.bucket, report))
    .filter(({ id }) => !absent.has(id))
    .map(({ id, title, content }) => ({ id, title, markup: content.markup }));
}
