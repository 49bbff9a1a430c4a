import type { Score } from '../contracts/report.ts';
import { share } from './format.ts';
import { type Html, html } from './html.ts';
import { colours } from './styles.ts';

const WIDTH = 720;
const LEFT = 190;
const RIGHT = 24;
const ROW = 34;

/** Accuracies on one scale from 0 to 1 as SVG, each with its 95 % interval. */
export function intervalChart(rows: readonly { name: string; colour: string; score: Score }[]): Html {
  const height = rows.length * ROW + 30;
  const xAt = (value: number) => Math.round((LEFT + value * (WIDTH - LEFT - RIGHT)) * 10) / 10;
  const description = `Accuracy on the test images with 95 % intervals: ${rows
    .map(({ name, score }) => `${name} ${share(score.accuracy)}`)
    .join(', ')}`;
  return html`<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${description}" font-family="system-ui,sans-serif" font-size="12" fill="${colours.text}">
<title>${description}</title>
${[0, 0.2, 0.4, 0.6, 0.8, 1].map(
  (value) =>
    html`<line x1="${xAt(value)}" x2="${xAt(value)}" y1="4" y2="${height - 24}" stroke="${colours.rule}"/><text x="${xAt(value)}" y="${height - 8}" text-anchor="middle">${value.toFixed(1)}</text>`,
)}
${rows.map(({ name, colour, score }, index) => {
  const y = index * ROW + 20;
  const { lower, upper } = score.interval;
  return html`<text x="${LEFT - 12}" y="${y + 4}" text-anchor="end">${name}</text><path d="M${xAt(lower)} ${y - 6}v12M${xAt(lower)} ${y}H${xAt(upper)}M${xAt(upper)} ${y - 6}v12" stroke="${colour}" stroke-width="2" fill="none"/><circle cx="${xAt(score.accuracy)}" cy="${y}" r="5" fill="${colour}"/>`;
})}
</svg>`;
}
