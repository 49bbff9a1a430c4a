import { type Html, html } from './html.ts';
import { colours } from './styles.ts';

export interface Line {
  colour: string;
  points: readonly { x: number; y: number }[];
  /** The point whose weights were kept. */
  best?: { x: number; y: number } | undefined;
}

const WIDTH = 420;
const HEIGHT = 250;
const LEFT = 48;
const RIGHT = 18;
const TOP = 26;
const BOTTOM = 44;

/**
 * SVG of a line of shares (0…1) over whole numbers, with its best point marked and named. Charts beside each
 * other share the vertical axis and have their own horizontal ones, so that twenty steps are as easy to read
 * as a thousand.
 *
 * @param xTitle what the horizontal axis counts
 * @param description for readers who cannot see it
 */
export function lineChart(line: Line, xTitle: string, yTitle: string, description: string): Html {
  const lastX = Math.max(1, line.points.at(-1)?.x ?? 0);
  const xAt = (x: number) => round(LEFT + (x / lastX) * (WIDTH - LEFT - RIGHT));
  const yAt = (y: number) => round(HEIGHT - BOTTOM - y * (HEIGHT - TOP - BOTTOM));
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${description}" font-family="system-ui,sans-serif" font-size="13" fill="${colours.text}">
<title>${description}</title>
${[0, 0.2, 0.4, 0.6, 0.8, 1].map(
  (y) =>
    html`<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${yAt(y)}" y2="${yAt(y)}" stroke="${colours.rule}"/><text x="${LEFT - 8}" y="${yAt(y) + 4}" text-anchor="end">${y.toFixed(1)}</text>`,
)}
${ticks(lastX).map(
  (x) =>
    html`<line x1="${xAt(x)}" x2="${xAt(x)}" y1="${HEIGHT - BOTTOM}" y2="${HEIGHT - BOTTOM + 5}" stroke="${colours.faint}"/><text x="${xAt(x)}" y="${HEIGHT - BOTTOM + 19}" text-anchor="middle">${x}</text>`,
)}
<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 6}" text-anchor="middle" fill="${colours.faint}">${xTitle}</text>
<text x="13" y="${(TOP + HEIGHT - BOTTOM) / 2}" text-anchor="middle" fill="${colours.faint}" transform="rotate(-90 13 ${(TOP + HEIGHT - BOTTOM) / 2})">${yTitle}</text>
${draw(line, xAt, yAt)}
${line.best && mark(line.best, line, yAt, xAt)}
</svg>`;
}

function draw({ points, colour }: Line, xAt: (x: number) => number, yAt: (y: number) => number): Html {
  const [only] = points;
  if (points.length === 1 && only !== undefined) {
    return html`<circle cx="${xAt(only.x)}" cy="${yAt(only.y)}" r="3" fill="${colour}"/>`;
  }
  const corners = points.map(({ x, y }) => `${xAt(x)},${yAt(y)}`).join(' ');
  return html`<polyline points="${corners}" fill="none" stroke="${colour}" stroke-width="2" stroke-linejoin="round"/>`;
}

/**
 * A diamond on the line. Its text stands clear of the line: below a point in the upper half, above one in the
 * lower.
 */
function mark(
  best: { x: number; y: number },
  { colour, points }: Line,
  yAt: (y: number) => number,
  xAt: (x: number) => number,
): Html {
  const [x, y] = [xAt(best.x), yAt(best.y)];
  const lowest = Math.min(...points.map((point) => point.y));
  const [top, bottom] = [yAt(Math.max(...points.map((point) => point.y))), yAt(lowest)];
  const textY = top - TOP > 24 ? top - 12 : Math.min(bottom + 24, HEIGHT - BOTTOM - 8);
  // The text stays inside the chart, also at its ends.
  const anchor = x < WIDTH * 0.35 ? 'start' : x > WIDTH * 0.65 ? 'end' : 'middle';
  return html`<path d="M${x} ${y - 7}l7 7l-7 7l-7 -7z" fill="${colour}" stroke="${colours.paper}" stroke-width="1.5"/><text x="${x}" y="${textY}" text-anchor="${anchor}" fill="${colour}" font-weight="600" stroke="${colours.paper}" stroke-width="4" paint-order="stroke">best ${best.y.toFixed(3)} at step ${best.x}</text>`;
}

/** About five round numbers from 0 to `last`. */
function ticks(last: number): number[] {
  const rough = last / 5;
  const magnitude = 10 ** Math.floor(Math.log10(Math.max(rough, 1)));
  const step = [1, 2, 5, 10].map((factor) => factor * magnitude).find((candidate) => candidate >= rough) ?? 1;
  return Array.from({ length: Math.floor(last / step) + 1 }, (_, index) => index * step);
}

const round = (value: number) => Math.round(value * 10) / 10;
