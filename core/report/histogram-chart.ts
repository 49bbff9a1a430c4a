import { type Html, html } from './html.ts';
import { colours } from './styles.ts';

export interface Bars {
  name: string;
  colour: string;
  /** Counts in equal steps from 0 to 1. */
  counts: readonly number[];
}

export interface HistogramOptions {
  /** Where the line is drawn, and its name. */
  threshold: { at: number; name: string };
  /** What the horizontal axis shows. */
  xTitle: string;
  /** For readers who cannot see it. */
  description: string;
}

const WIDTH = 420;
const LEFT = 18;
const RIGHT = 18;
const ROW = 104;
const BAR = 64;
const BOTTOM = 44;

/**
 * SVG of histograms of shares (0…1), one below the other on one scale. Each is as high as its own largest
 * count, and a threshold crosses them all.
 */
export function histogramChart(
  rows: readonly Bars[],
  { threshold, xTitle, description }: HistogramOptions,
): Html {
  const height = rows.length * ROW + BOTTOM;
  const xAt = (value: number) => round(LEFT + value * (WIDTH - LEFT - RIGHT));
  return html`<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${description}" font-family="system-ui,sans-serif" font-size="13" fill="${colours.text}">
<title>${description}</title>
${rows.map(({ name, colour, counts }, index) => {
  const base = (index + 1) * ROW;
  const highest = Math.max(1, ...counts);
  return html`<text x="${LEFT}" y="${base - BAR - 8}" stroke="${colours.paper}" stroke-width="4" paint-order="stroke">${name}</text>${counts.map(
    (count, i) => {
      const [x, next] = [xAt(i / counts.length), xAt((i + 1) / counts.length)];
      const tall = round((count / highest) * BAR);
      return count === 0
        ? undefined
        : html`<rect x="${x + 1}" y="${round(base - tall)}" width="${round(next - x - 2)}" height="${tall}" fill="${colour}"><title>${count}</title></rect>`;
    },
  )}<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${base}" y2="${base}" stroke="${colours.faint}"/>`;
})}
${[0, 0.2, 0.4, 0.6, 0.8, 1].map(
  (value) =>
    html`<text x="${xAt(value)}" y="${rows.length * ROW + 18}" text-anchor="middle">${value.toFixed(1)}</text>`,
)}
<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${height - 6}" text-anchor="middle" fill="${colours.faint}">${xTitle}</text>
<line x1="${xAt(threshold.at)}" x2="${xAt(threshold.at)}" y1="8" y2="${rows.length * ROW}" stroke="${colours.text}" stroke-dasharray="5 4"/><text x="${xAt(threshold.at) + 6}" y="18" font-weight="600" stroke="${colours.paper}" stroke-width="4" paint-order="stroke">${threshold.name}</text>
</svg>`;
}

const round = (value: number) => Math.round(value * 10) / 10;
