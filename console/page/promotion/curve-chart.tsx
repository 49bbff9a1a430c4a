import { lineChart } from '#core/report/line-chart.ts';
import { colours } from '#core/report/styles.ts';
import type { Curve } from '../../contracts/promotions.ts';
import { Markup } from '../components/markup.tsx';

const NAMES = { transfer: 'With transfer learning', baseline: 'Without transfer learning' } as const;

/**
 * Validation accuracy over the steps of a training, as it grows, with the step of the lowest loss so far. The
 * report's own chart, so that a promotion looks the same while it runs and afterwards.
 */
export function CurveChart({ curve: { mode, points, job, reusedFrom } }: { curve: Curve }) {
  const low = points.reduce((best, point) => (point.validationLoss < best.validationLoss ? point : best));
  const best = { x: low.step, y: low.validationAccuracy };
  const line = {
    colour: colours[mode],
    points: points.map(({ step, validationAccuracy }) => ({ x: step, y: validationAccuracy })),
    best,
  };
  const name = NAMES[mode];
  const text = `${name}: validation accuracy, best so far ${best.y.toFixed(3)} at step ${best.x}`;
  return (
    <figure>
      <figcaption>{name}</figcaption>
      <Markup markup={lineChart(line, 'step', 'validation accuracy', text).markup} />
      <p class="faint id">{reusedFrom === undefined ? job : `${job}, reused from ${reusedFrom}`}</p>
    </figure>
  );
}
