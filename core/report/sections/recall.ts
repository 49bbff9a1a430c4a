import type { Report } from '../../contracts/report.ts';
import { plural, share } from '../format.ts';
import { type Html, html } from '../html.ts';

const LISTED_CLASSES = 100;
/** Classes that got worse are named above the table, the worst first. */
const NAMED_CLASSES = 5;

/** Recall of each class, the worst first. */
export function recall({ labels, scores }: Report): Html | undefined {
  const { baseline, champion, transfer } = scores;
  const of = (transfer ?? baseline)?.recall;
  if (of === undefined) return undefined;
  // Sorting is stable: equal ones stay in the order of the labels.
  const sorted = labels.toSorted((a, b) => (of[a] ?? 2) - (of[b] ?? 2));
  const more = sorted.length - LISTED_CLASSES;
  const against = champion ?? baseline;
  const change = (label: string) => {
    const [value, before] = [transfer?.recall[label], against?.recall[label]];
    return value === undefined || before === undefined ? undefined : value - before;
  };
  const worse = sorted
    .filter((label) => (change(label) ?? 0) < 0)
    .toSorted((a, b) => change(a)! - change(b)!);
  const images = imagesByLabel((transfer ?? baseline)?.confusion ?? []);
  return html`<section id="recall" class="long">
<h2>Recall of each class</h2>
<p class="faint">Share of the class's test images that were recognised, worst first.</p>
${worse.length > 0 ? html`<p class="notice bad"><span><b>${plural(worse.length, 'class', 'classes')} got worse</b> than ${champion ? 'the model that was live before' : 'without transfer learning'}: ${worse.slice(0, NAMED_CLASSES).map((label, index) => html`${index === 0 ? '' : ', '}${label} (${difference(change(label))})`)}${worse.length > NAMED_CLASSES ? `, and ${worse.length - NAMED_CLASSES} more` : ''}</span></p>` : undefined}
<div class="scroll" tabindex="0"><table><thead><tr><th scope="col">Class</th><th scope="col" class="number">Test images</th><th scope="col" class="number">Without transfer learning</th>${
    champion ? html`<th scope="col" class="number">Live before</th>` : undefined
  }<th scope="col" class="number">With transfer learning</th><th scope="col" class="number">${champion ? 'Against live before' : 'Gain'}</th></tr></thead>
<tbody>${sorted.slice(0, LISTED_CLASSES).map(
    (label) =>
      html`<tr${worse.includes(label) ? html` class="worse"` : undefined}><th scope="row">${label}</th><td class="number">${images.get(label) ?? 0}</td><td class="number">${figure(baseline?.recall[label])}</td>${
        champion ? html`<td class="number">${figure(champion.recall[label])}</td>` : undefined
      }<td class="number">${figure(transfer?.recall[label])}</td><td class="number">${difference(change(label))}</td></tr>
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

function difference(gain: number | undefined): string {
  if (gain === undefined) return '–';
  return `${gain > 0 ? '▲ +' : gain < 0 ? '▼ −' : '± '}${share(Math.abs(gain))}`;
}
