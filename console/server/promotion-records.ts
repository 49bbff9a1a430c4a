import { readThumbnails } from '#cloud/data/thumbnails.ts';
import { decisionSchema } from '#core/contracts/decision.ts';
import { reportSchema } from '#core/contracts/report.ts';
import { decisionKey, imagesPrefix, reportKey } from '#core/keys.ts';
import { reportSections } from '#core/report/page.ts';
import { gateRows } from '#core/report/sections/gate.ts';
import type { OpenApproval, Section } from '../contracts/promotions.ts';
import type { ConsoleServices } from './services.ts';

interface Subject {
  execution: string;
  domain: string;
}

/** The gate's rows as the report shows them, before there is a report. */
export async function gateSection(
  { store }: ConsoleServices,
  { execution, domain }: Subject,
): Promise<Section | undefined> {
  const decision = await store.bucket.findJson(decisionKey(execution, domain), decisionSchema);
  if (decision === undefined) return undefined;
  return { id: 'gate', title: 'Gate', markup: gateRows({ gate: decision.rows }).markup };
}

/** The report's sections; undefined while there is no report. */
export async function readReport(
  { store, data }: ConsoleServices,
  { execution, domain }: Subject,
): Promise<Section[] | undefined> {
  const report = await store.bucket.findJson(reportKey(execution, domain, 'json'), reportSchema);
  if (report === undefined) return undefined;
  const ids = report.misclassified.shown.map(({ id }) => id);
  const thumbnails = await readThumbnails(data, imagesPrefix(domain, 'test'), ids);
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
