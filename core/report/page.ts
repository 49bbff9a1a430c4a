import type { Report } from '../contracts/report.ts';
import { html } from './html.ts';
import { accuracy } from './sections/accuracy.ts';
import { confusion } from './sections/confusion.ts';
import { cost } from './sections/cost.ts';
import { gate } from './sections/gate.ts';
import { headline } from './sections/headline.ts';
import { lineage } from './sections/lineage.ts';
import { mistakes, type Thumbnail } from './sections/mistakes.ts';
import { recall } from './sections/recall.ts';
import { recipe } from './sections/recipe.ts';
import { unsure } from './sections/unsure.ts';
import { styles } from './styles.ts';

/**
 * `report.html`: one file that needs nothing else, without scripts. The policy in its head keeps a browser from loading or running
 * anything, whatever a label or an image says.
 *
 * @param thumbnails by id of the test image
 */
export function renderReport(report: Report, thumbnails: ReadonlyMap<string, Thumbnail> = new Map()): string {
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
<main>
${gate(report)}
${accuracy(report)}
${recipe(report)}
${recall(report)}
${confusion(report)}
${mistakes(report, thumbnails)}
${unsure(report)}
${cost(report)}
${lineage(report)}
</main>
</body>
</html>
`;
  return page.markup;
}
