import type { Report, TrainedScore } from '../../contracts/report.ts';
import { duration, plural } from '../format.ts';
import { type Html, html } from '../html.ts';
import { intervalChart } from '../interval-chart.ts';
import { type Line, lineChart } from '../line-chart.ts';
import { colours } from '../styles.ts';

/** Validation accuracy over the steps of both jobs, and where that ended on the test images. */
export function accuracy({ scores }: Report): Html | undefined {
  const { baseline, transfer, champion } = scores;
  if (baseline === undefined && transfer === undefined) return undefined;
  const rows = [
    { name: 'without transfer learning', colour: colours.baseline, score: baseline },
    { name: 'live before', colour: colours.champion, score: champion },
    { name: 'with transfer learning', colour: colours.transfer, score: transfer },
  ].flatMap((row) => (row.score === undefined ? [] : [{ ...row, score: row.score }]));
  const lines = [
    ...lineOf('with transfer learning', colours.transfer, '', transfer),
    ...lineOf('without', colours.baseline, '7 4', baseline),
  ];
  return html`<section id="accuracy">
<h2>Accuracy</h2>
<h3>On the test images, which no training saw</h3>
${intervalChart(rows)}
<p class="faint">Dot: accuracy. Line: 95 % Wilson interval, what a test set of this size leaves open.</p>
</section>
<section id="training">
<h3>Validation accuracy over the steps of training</h3>
${
  lines.length === 0
    ? html`<p>No step was recorded.</p>`
    : lineChart(
        lines,
        'gradient steps',
        'validation accuracy',
        'Validation accuracy over the gradient steps, with the best step of each model marked',
      )
}
<p class="faint">Solid: with transfer learning${told(transfer)}. Dashed: without${told(baseline)}. The diamond is the step whose weights were kept; validation images are held out of the training images.</p>
</section>`;
}

function lineOf(name: string, colour: string, dashes: string, score: TrainedScore | undefined): Line[] {
  if (score === undefined || score.curve.length === 0) return [];
  const points = score.curve.map(({ step, validationAccuracy }) => ({ x: step, y: validationAccuracy }));
  return [{ name, colour, dashes, points, best: points.find(({ x }) => x === score.bestStep) }];
}

const told = (score: TrainedScore | undefined) =>
  score === undefined
    ? ''
    : ` (${plural(score.steps, 'step')} in ${duration(score.seconds)} on ${score.backend}, seed ${score.seed}; 95 % of predictions within ${score.latencyMs.p95.toFixed(1)} ms)`;
