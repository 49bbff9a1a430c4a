import { type Html, html } from '#core/report/html.ts';
import { colours } from '#core/report/styles.ts';
import type { Summary } from '../shared/summary.ts';
import type { CurveRow } from './figures.ts';

const WIDTH = 720;
const HEIGHT = 340;
const LEFT = 56;
const RIGHT = 24;
const TOP = 40;
const BOTTOM = 48;

const LINES = [
  { key: 'transfer', name: 'with transfer learning', colour: colours.transfer, dashes: '' },
  { key: 'baseline', name: 'without', colour: colours.baseline, dashes: '7 4' },
] as const;

/**
 * Accuracy over the number of training images of each class as an SVG file, means with their standard
 * deviations. The horizontal axis is logarithmic. Both lines are measured on the same seeds, and differ in
 * form as well as in colour.
 *
 * @param rows at least two, ascending
 */
export function accuracyChart(domain: string, rows: readonly CurveRow[]): string {
  const [first, last] = [rows[0]!.images, rows.at(-1)!.images];
  const span = Math.log(last / first);
  const xAt = (images: number) =>
    round(LEFT + 30 + (Math.log(images / first) / span) * (WIDTH - LEFT - RIGHT - 60));
  const yAt = (share: number) => round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM));
  const end = rows.at(-1)!;
  const higher = end.transfer.mean >= end.baseline.mean ? 'transfer' : 'baseline';
  const description = `Accuracy on the test images of ${domain} over the training images of each class: ${rows
    .map(
      ({ images, transfer, baseline }) =>
        `${images}: ${transfer.mean.toFixed(2)} with, ${baseline.mean.toFixed(2)} without`,
    )
    .join('; ')}`;
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${description}" font-family="system-ui,sans-serif" font-size="12" fill="${colours.text}">
<title>${description}</title>
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
<text x="${LEFT}" y="22" font-size="14" font-weight="600">${domain}: accuracy on images that no training saw</text>
${[0, 0.2, 0.4, 0.6, 0.8, 1].map(
  (share) =>
    html`<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${yAt(share)}" y2="${yAt(share)}" stroke="${colours.rule}"/><text x="${LEFT - 8}" y="${yAt(share) + 4}" text-anchor="end">${share.toFixed(1)}</text>`,
)}
${rows.map(
  ({ images }) =>
    html`<line x1="${xAt(images)}" x2="${xAt(images)}" y1="${HEIGHT - BOTTOM}" y2="${HEIGHT - BOTTOM + 5}" stroke="${colours.faint}"/><text x="${xAt(images)}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${images}</text>`,
)}
<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 8}" text-anchor="middle" fill="${colours.faint}">training images of each class (mean ± standard deviation of ${rows[0]!.seeds} seeds)</text>
${LINES.map(({ key, name, colour, dashes }, index) => {
  const isHigher = key === higher;
  const shift = index === 0 ? -3 : 3;
  const points = rows.map((row) => ({ x: xAt(row.images) + shift, value: row[key] }));
  const { x, value } = points.at(-1)!;
  return html`<polyline points="${points.map((point) => `${point.x},${yAt(point.value.mean)}`).join(' ')}" fill="none" stroke="${colour}" stroke-width="2" stroke-linejoin="round" stroke-dasharray="${dashes}"/>
${points.map((point) => mark({ ...point, colour, isDisc: index === 0 }, yAt))}
<text x="${x}" y="${yAt(value.mean) + (isHigher ? -18 : 28)}" text-anchor="end" fill="${colour}" font-weight="600" stroke="#fff" stroke-width="4" paint-order="stroke">${name} ${value.mean.toFixed(2)}</text>`;
})}
</svg>
`.markup;
}

/** Mean and deviation: a disc for one line, a square for the other. */
function mark(
  { x, value, colour, isDisc }: { x: number; value: Summary; colour: string; isDisc: boolean },
  yAt: (y: number) => number,
): Html {
  const { mean, sd } = value;
  const [y, upper, lower] = [yAt(mean), yAt(mean + sd), yAt(Math.max(0, mean - sd))];
  const shape = isDisc
    ? html`<circle cx="${x}" cy="${y}" r="4.5" fill="${colour}"/>`
    : html`<rect x="${x - 4}" y="${y - 4}" width="8" height="8" fill="${colour}"/>`;
  return html`<path d="M${x} ${upper}V${lower}M${x - 5} ${upper}h10M${x - 5} ${lower}h10" stroke="${colour}" stroke-width="1.5" fill="none"/>${shape}`;
}

const round = (value: number) => Math.round(value * 10) / 10;
