import type { Report } from '../contracts/report.ts';
import { type Html, html } from './html.ts';
import { accuracy } from './sections/accuracy.ts';
import { confusion } from './sections/confusion.ts';
import { cost } from './sections/cost.ts';
import { gateRows } from './sections/gate.ts';
import { golden } from './sections/golden.ts';
import { headline } from './sections/headline.ts';
import { history } from './sections/history.ts';
import { lineage } from './sections/lineage.ts';
import { mistakes } from './sections/mistakes.ts';
import type { Thumbnail } from './sections/picture.ts';
import { recall } from './sections/recall.ts';
import { recipe } from './sections/recipe.ts';
import { unsure } from './sections/unsure.ts';
import { styles } from './styles.ts';

export interface ReportSection {
  id: string;
  title: string;
  content: Html;
}

/**
 * What a report has to show, in the order of reading. The report is made of it, and the console's page about
 * a promotion.
 *
 * @param thumbnails by id of the test image
 */
export function reportSections(
  report: Report,
  thumbnails: ReadonlyMap<string, Thumbnail> = new Map(),
): ReportSection[] {
  const sections: [id: string, title: string, content: Html | undefined][] = [
    ['gate', 'Gate', gateRows(report)],
    ['accuracy', 'Accuracy', accuracy(report)],
    ['history', 'What has been live', history(report)],
    ['recipe', 'Recipe', recipe(report)],
    ['recall', 'Classes', recall(report)],
    ['confusion', 'Confusion', confusion(report)],
    ['mistakes', 'Mistakes', mistakes(report, thumbnails)],
    ['golden', 'Golden images', golden(report.golden, thumbnails)],
    ['unsure', 'Unsure', unsure(report)],
    ['cost', 'Time and cost', cost(report)],
    ['lineage', 'Lineage', lineage(report)],
  ];
  return sections.flatMap(([id, title, content]) => (content === undefined ? [] : [{ id, title, content }]));
}

/**
 * `report.html`: one self-contained file without scripts. The content security policy in its head keeps a
 * browser from loading or running anything, whatever a label or an image contains.
 *
 * @param thumbnails by id of the test image
 */
export function renderReport(report: Report, thumbnails: ReadonlyMap<string, Thumbnail> = new Map()): string {
  const shown = reportSections(report, thumbnails);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${report.domain}: ${report.outcome} (${report.model}/${report.version})</title>
<style>${styles}</style>
</head>
<body>
${headline(report)}
<nav aria-label="Sections">${shown.map(({ id, title }) => html`<a href="#${id}">${title}</a>`)}</nav>
<main>
${shown.map(
  ({ content }) => html`${content}
`,
)}
</main>
</body>
</html>
`;
  return page.markup;
}
