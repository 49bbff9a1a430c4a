import type { Report, Score } from '../../contracts/report.ts';
import { plural } from '../format.ts';
import { type Html, html } from '../html.ts';
import { SHADES } from '../styles.ts';

/** With more labels a matrix is unreadable on paper: the commonest mistakes are listed instead. */
const MATRIX_LABELS = 30;
const LISTED_CONFUSIONS = 30;

/** The confusion matrix of each model. */
export function confusion({ labels, scores }: Report): Html | undefined {
  const shown: [string, Score][] = [];
  if (scores.baseline) shown.push(['Without transfer learning', scores.baseline]);
  if (scores.champion) shown.push(['Live before', scores.champion]);
  if (scores.transfer) shown.push(['With transfer learning', scores.transfer]);
  if (shown.length === 0) return undefined;
  const draw = labels.length <= MATRIX_LABELS ? matrix : list;
  return html`<section id="confusion" class="long">
<h2>What was taken for what</h2>
<p class="faint">${
    labels.length <= MATRIX_LABELS
      ? 'Rows: what the test images show. Columns: what the model said. Framed: what is right. The darker, the larger the share of the row.'
      : `${labels.length} classes are too many for a matrix: these are the commonest mistakes. report.json has all of them.`
  }</p>
<div class="matrices">${shown.map(([name, score]) => draw(name, labels, score))}</div>
</section>`;
}

function matrix(name: string, labels: readonly string[], score: Score): Html {
  const counts = new Map(
    score.confusion.map(({ truth, prediction, images }) => [JSON.stringify([truth, prediction]), images]),
  );
  const at = (truth: string, prediction: string) => counts.get(JSON.stringify([truth, prediction])) ?? 0;
  return html`<div class="scroll" tabindex="0"><table class="matrix"><caption>${name}</caption>
<thead><tr><td></td>${labels.map((label) => html`<th scope="col" title="${label}"><span>${label}</span></th>`)}</tr></thead>
<tbody>${labels.map((truth) => {
    const images = labels.reduce((sum, prediction) => sum + at(truth, prediction), 0);
    return html`<tr><th scope="row">${truth}</th>${labels.map((prediction) =>
      cell(at(truth, prediction), images, truth === prediction),
    )}</tr>
`;
  })}</tbody></table></div>`;
}

/** The number says the same as the colour. */
function cell(count: number, ofImages: number, diagonal: boolean): Html {
  const share = ofImages === 0 ? 0 : count / ofImages;
  const step = count === 0 ? 0 : Math.round(SHADES * share);
  return html`<td class="${diagonal ? 'diagonal ' : ''}shade-${step}">${count === 0 ? '·' : count}</td>`;
}

function list(name: string, _labels: readonly string[], score: Score): Html {
  const mistakes = score.confusion
    .filter(({ truth, prediction }) => truth !== prediction)
    .toSorted((a, b) => b.images - a.images);
  const more = mistakes.length - LISTED_CONFUSIONS;
  return html`<div><table><caption>${name}</caption>
<thead><tr><th scope="col">It shows</th><th scope="col">The model said</th><th scope="col" class="number">Images</th></tr></thead>
<tbody>${mistakes.slice(0, LISTED_CONFUSIONS).map(
    ({ truth, prediction, images }) =>
      html`<tr><td>${truth}</td><td>${prediction}</td><td class="number">${images}</td></tr>
`,
  )}</tbody></table>${more > 0 ? html`<p class="faint">and ${plural(more, 'more pair')}</p>` : undefined}</div>`;
}
