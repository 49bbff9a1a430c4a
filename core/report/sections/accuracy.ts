import type { Report, TrainedScore } from '../../contracts/report.ts';
import { duration, plural } from '../format.ts';
import { type Html, html } from '../html.ts';
import { intervalChart } from '../interval-chart.ts';
import { lineChart } from '../line-chart.ts';
import { colours } from '../styles.ts';

/** The validation curves of both jobs, and the accuracy on the test images. */
export function accuracy({ scores }: Report): Html | undefined {
  const { baseline, transfer, champion } = scores;
  if (baseline === undefined && transfer === undefined) return undefined;
  const rows = [
    { name: 'without transfer learning', colour: colours.baseline, score: baseline },
    { name: 'live before', colour: colours.champion, score: champion },
    { name: 'with transfer learning', colour: colours.transfer, score: transfer },
  ].flatMap((row) => (row.score === undefined ? [] : [{ ...row, score: row.score }]));
  const panels = [
    panel('With transfer learning', colours.transfer, transfer),
    panel('Without transfer learning', colours.baseline, baseline),
  ].filter((each) => each !== undefined);
  return html`<section id="accuracy">
<h2>Accuracy</h2>
<h3>On the test images, which no training saw</h3>
${intervalChart(rows)}
<p class="faint">Dot: accuracy. Line: 95 % Wilson interval, what a test set of this size leaves open.</p>
</section>
<section id="training">
<h3>Validation accuracy over the steps of training</h3>
${panels.length === 0 ? html`<p>No step was recorded.</p>` : html`<div class="panels">${panels}</div>`}
<p class="faint">The diamond is the step whose weights were kept. Validation images are held out of the training images. Each chart counts its own steps: one with transfer learning uses all training images at once, one without uses a batch.</p>
</section>`;
}

function panel(name: string, colour: string, score: TrainedScore | undefined): Html | undefined {
  if (score === undefined || score.curve.length === 0) return undefined;
  const points = score.curve.map(({ step, validationAccuracy }) => ({ x: step, y: validationAccuracy }));
  const best = points.find(({ x }) => x === score.bestStep);
  const kept = best === undefined ? '' : `, best ${best.y.toFixed(3)} at step ${best.x}`;
  const { steps, seconds, backend, seed, latencyMs } = score;
  return html`<figure><figcaption>${name}</figcaption>
${lineChart({ colour, points, best }, 'step', 'validation accuracy', `${name}: validation accuracy over ${plural(steps, 'step')}${kept}`)}
<p class="faint">${plural(steps, 'step')} in ${duration(seconds)} on ${backend}, seed ${seed}; 95 % of predictions within ${latencyMs.p95.toFixed(1)} ms</p></figure>`;
}
