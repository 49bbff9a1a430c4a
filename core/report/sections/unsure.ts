import type { Report } from '../../contracts/report.ts';
import { plural, share } from '../format.ts';
import { histogramChart } from '../histogram-chart.ts';
import { type Html, html } from '../html.ts';
import { colours } from '../styles.ts';

/** Whether the challenger notices images of none of its classes. */
export function unsure({ scores: { transfer } }: Report): Html | undefined {
  const score = transfer?.unsure;
  if (transfer === undefined || score === undefined) return undefined;
  const { falseAlarms, keep, heldOut, other, threshold } = score;
  const alarms = `${share(falseAlarms)} of the ${plural(transfer.testImages, 'test image')}`;
  const description = other
    ? `How far out images are: ${alarms} and ${share(other.caught)} of the images of none of the classes are beyond the threshold`
    : `How far out the test images are: ${alarms} are beyond the threshold`;
  const line = { at: threshold, name: 'unsure from here on' };
  const rows = [
    { name: 'test images', colour: colours.transfer, counts: score.test },
    ...(other ? [{ name: 'images of none', colour: colours.baseline, counts: other.histogram }] : []),
  ];
  return html`<section id="unsure">
<h2>Unsure: images of none of the classes</h2>
${
  other
    ? html`<p>An image of none of the classes is further out than a test image with a probability of <b>${share(other.auroc)}</b> (AUROC on ${plural(other.images, 'image')} of none and ${plural(transfer.testImages, 'test image')}; 0.5 is chance). The model says "unsure" about ${share(other.caught)} of them, and wrongly about ${alarms}.</p>`
    : html`<p>The model says "unsure" wrongly about ${alarms}. How many images of none of the classes it notices was not measured: the domain has none in its folder other/.</p>`
}
${histogramChart(rows, { threshold: line, xTitle: 'out of domain', description })}
<p class="faint">Each histogram is as high as its largest bar. The threshold is to keep ${share(keep)} of the domain's own images; it comes from ${plural(heldOut, 'training image')}, each held out once.</p>
</section>`;
}
