import type { Report } from '../../contracts/report.ts';
import { share } from '../format.ts';
import { type Html, html } from '../html.ts';

const LISTED_CLASSES = 100;

/** Of each class's test images, the share that was recognised: worst class first. */
export function recall({ labels, scores }: Report): Html | undefined {
  const { baseline, champion, transfer } = scores;
  const of = (transfer ?? baseline)?.recall;
  if (of === undefined) return undefined;
  // Sorting is stable: equals stay in the order of the labels.
  const sorted = labels.toSorted((a, b) => (of[a] ?? 2) - (of[b] ?? 2));
  const more = sorted.length - LISTED_CLASSES;
  const against = champion ?? baseline;
  const images = imagesByLabel((transfer ?? baseline)?.confusion ?? []);
  return html`<section id="recall" class="long">
<h2>Recall of each class</h2>
<p class="faint">Share of the class's test images that were recognised, worst first.</p>
<div class="scroll"><table><thead><tr><th scope="col">Class</th><th scope="col" class="number">Test images</th><th scope="col" class="number">Without transfer learning</th>${
    champion ? html`<th scope="col" class="number">Live before</th>` : undefined
  }<th scope="col" class="number">With transfer learning</th><th scope="col" class="number">${champion ? 'Against live before' : 'Gain'}</th></tr></thead>
<tbody>${sorted.slice(0, LISTED_CLASSES).map(
    (label) =>
      html`<tr><th scope="row">${label}</th><td class="number">${images.get(label) ?? 0}</td><td class="number">${figure(baseline?.recall[label])}</td>${
        champion ? html`<td class="number">${figure(champion.recall[label])}</td>` : undefined
      }<td class="number">${figure(transfer?.recall[label])}</td><td class="number">${difference(transfer?.recall[label], against?.recall[label])}</td></tr>
`,
  )}</tbody></table></div>
${more > 0 ? html`<p class="faint">and ${more} more, in report.json</p>` : undefined}
</section>`;
}

function imagesByLabel(cells: readonly { truth: string; images: number }[]): Map<string, number> {
  const images = new Map<string, number>();
  for (const cell of cells) images.set(cell.truth, (images.get(cell.truth) ?? 0) + cell.images);
  return images;
}

const figure = (value: number | undefined) => (value === undefined ? '–' : share(value));

function difference(value: number | undefined, against: number | undefined): string {
  if (value === undefined || against === undefined) return '–';
  const gain = value - against;
  return `${gain > 0 ? '▲ +' : gain < 0 ? '▼ −' : '± '}${share(Math.abs(gain))}`;
}
