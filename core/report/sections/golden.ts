import type { GoldenAnswer, GoldenAnswers } from '../../contracts/golden-answers.ts';
import { plural } from '../format.ts';
import { type Html, html } from '../html.ts';
import { picture, type Thumbnail } from './picture.ts';

/** Images that are shown as pictures; more would make the page heavy. */
const SHOWN = 24;

/** The golden images that are shown: where the endpoint was not confirmed, the image that showed it first. */
export function shownGolden({ answers }: Pick<GoldenAnswers, 'answers'>): GoldenAnswer[] {
  const differs = ({ mismatch }: GoldenAnswer) => (mismatch === undefined ? 1 : 0);
  return answers.toSorted((one, other) => differs(one) - differs(other)).slice(0, SHOWN);
}

/**
 * What the endpoint was asked before it went live, and what it said: beside each image what it shows, what
 * the training job predicted, and the endpoint's answer.
 */
export function golden(
  given: Omit<GoldenAnswers, 'schemaVersion'> | undefined,
  thumbnails: ReadonlyMap<string, Thumbnail>,
): Html | undefined {
  if (given === undefined) return undefined;
  const { endpoint, images, answers } = given;
  const mismatch = answers.find((each) => each.mismatch !== undefined)?.mismatch;
  const shown = shownGolden(given);
  const more = answers.length - shown.length;
  return html`<section id="golden" class="long">
<h2>Golden images</h2>
<p>${
    mismatch === undefined
      ? html`<b class="good">✓ confirmed</b>: ${endpoint} answers as the training job did about ${plural(images, 'test image')}.`
      : html`<b class="bad">✗ not confirmed</b>, at image ${answers.length} of ${images}: ${mismatch}.`
  }</p>
<ul class="pictures">${shown.map((one) => item(one, thumbnails))}</ul>
${more > 0 ? html`<p class="faint">and ${more} more: golden-answers.json has all of them</p>` : undefined}
</section>`;
}

function item({ row, answer, mismatch }: GoldenAnswer, thumbnails: ReadonlyMap<string, Thumbnail>): Html {
  const said = answer === undefined ? 'no answer' : `${answer.label}, ${answer.probability.toFixed(2)}`;
  const tone = mismatch === undefined ? 'good' : 'bad';
  return html`<li>${picture(row.id, thumbnails)}<b>${row.truth}</b><br>before: ${row.prediction}, ${row.confidence.toFixed(2)}<br>live: <span class="${tone}">${said}</span><br><span class="faint">${row.id}</span></li>
`;
}
