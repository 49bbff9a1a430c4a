import type { Report } from '../../contracts/report.ts';
import { plural } from '../format.ts';
import { type Html, html } from '../html.ts';
import { picture, type Thumbnail } from './picture.ts';

/** The test images that the challenger got wrong, as pictures. */
export function mistakes(
  { misclassified, scores }: Report,
  thumbnails: ReadonlyMap<string, Thumbnail>,
): Html | undefined {
  if (scores.transfer === undefined) return undefined;
  const { total, shown } = misclassified;
  const more = total - shown.length;
  return html`<section id="mistakes" class="long">
<h2>Misclassified test images</h2>
${
  total === 0
    ? html`<p>None: every test image was recognised.</p>`
    : html`<p class="faint">${plural(total, 'test image')} of ${scores.transfer.testImages}, the most confident mistakes first.</p>
<ul class="pictures">${shown.map(({ id, truth, prediction, confidence }) => {
        return html`<li>${picture(id, thumbnails)}<b>${truth}</b><br>said ${prediction}, ${confidence.toFixed(2)}<br><span class="faint">${id}</span></li>
`;
      })}</ul>
${more > 0 ? html`<p>and ${more} more: their ids are in evaluation-transfer.json</p>` : undefined}`
}
</section>`;
}
