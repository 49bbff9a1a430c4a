import type { Score } from '../contracts/report.ts';
import { share } from './format.ts';
import { type Html, html } from './html.ts';
import { colours } from './styles.ts';

const WIDTH = 420;
const SIDE = 18;
const ROW = 46;
const TOP = 8;

/** SVG of accuracies on one scale from 0 to 1, each with its name above and its 95 % interval. */
export function intervalChart(rows: readonly { name: string; colour: string; score: Score }[]): Html {
  const bottom = TOP + rows.length * ROW;
  const height = bottom + 24;
  const xAt = (value: number) => Math.round((SIDE + value * (WIDTH - 2 * SIDE)) * 10) / 10;
  const description = `Accuracy on the test images with 95 % intervals: ${rows
    .map(({ name, score }) => `${name} ${share(score.accuracy)}`)
    .join(', ')}`;
  return html`<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${description}" font-family="system-ui,sans-serif" font-size="13" fill="${colours.text}">
<title>${description}</title>
${[0, 0.2, 0.4, 0.6, 0.8, 1].map(
  (value) =>
    html`<line x1="${xAt(value)}" x2="${xAt(value)}" y1="${TOP}" y2="${bottom}" stroke="${colours.rule}"/><text x="${xAt(value)}" y="${bottom + 17}" text-anchor="middle">${value.toFixed(1)}</text>`,
)}
${rows.map(({ name, colour, score }, index) => {
  const y = TOP + index * ROW + 32;
  const { lower, upper } = score.interval;
  return html`<text x="${SIDE}" y="${y - 14}" stroke="${colours.paper}" stroke-width="4" paint-order="stroke">${name} <tspan font-weight="600">${share(score.accuracy)}</tspan></text><path d="M${xAt(lower)} ${y - 6}v12M${xAt(lower)} ${y}H${xAt(upper)}M${xAt(upper)} ${y - 6}v12" stroke="${colour}" stroke-width="2" fill="none"/><circle cx="${xAt(score.accuracy)}" cy="${y}" r="5" fill="${colour}"/>`;
})}
</svg>`;
}
