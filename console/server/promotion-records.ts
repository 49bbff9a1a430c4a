import { readReportThumbnails } from '#cloud/data/report-thumbnails.ts';
import { reportSchema } from '#core/contracts/report.ts';
import { reportKey } from '#core/keys.ts';
import { reportSections } from '#core/report/page.ts';
import type { OpenApproval, Section } from '../contracts/promotions.ts';
import type { ConsoleServices } from './services.ts';

interface Subject {
  execution: string;
  domain: string;
}

/** The report's sections; undefined while there is no report. */
export async function readReport(
  { store, data }: ConsoleServices,
  { execution, domain }: Subject,
): Promise<Section[] | undefined> {
  const report = await store.bucket.findJson(reportKey(execution, domain, 'json'), reportSchema);
  if (report === undefined) return undefined;
  const thumbnails = await readReportThumbnails(data, store.bucket, report);
  return reportSections(report, thumbnails).map(({ id, title, content }) => ({
    id,
    title,
    markup: content.markup,
  }));
}

/** The question that waits for a person, without the token that answers it. */
export async function openApproval(
  { store }: ConsoleServices,
  subject: Subject,
): Promise<OpenApproval | undefined> {
  const pending = await store.approvals.find(subject);
  if (pending === undefined) return undefined;
  const { expiresAt, askedAt, decision, rows, baselineAccuracy, transferAccuracy } = pending;
  return { expiresAt, askedAt, decision, rows, baselineAccuracy, transferAccuracy };
}
