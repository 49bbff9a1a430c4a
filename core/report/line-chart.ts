import { type Html, html } from './html.ts';
import { colours } from './styles.ts';

export interface Line {
  name: string;
  colour: string;
  /** SVG `stroke-dasharray`; lines differ in form as well as in colour. */
  dashes: string;
  points: readonly { x: number; y: number }[];
  /** The point that was kept. */
  best?: { x: number; y: number } | undefined;
}

const WIDTH = 720;
const HEIGHT = 300;
const LEFT = 52;
const RIGHT = 16;
const TOP = 16;
const BOTTOM = 44;

/**
 * Lines of shares (0…1) over whole numbers as SVG, each with its best point marked and named.
 *
 * @param xTitle what the horizontal axis counts
 * @param description for those who cannot see it
 */
export function lineChart(lines: readonly Line[], xTitle: string, yTitle: string, description: string): Html {
  const lastX = Math.max(1, ...lines.map((line) => line.points.at(-1)?.x ?? 0));
  const xAt = (x: number) => round(LEFT + (x / lastX) * (WIDTH - LEFT - RIGHT));
  const yAt = (y: number) => round(HEIGHT - BOTTOM - y * (HEIGHT - TOP - BOTTOM));
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${description}" font-family="system-ui,sans-serif" font-size="12" fill="${colours.text}">
<title>${description}</title>
${[0, 0.2, 0.4, 0.6, 0.8, 1].map(
  (y) =>
    html`<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${yAt(y)}" y2="${yAt(y)}" stroke="${colours.rule}"/><text x="${LEFT - 8}" y="${yAt(y) + 4}" text-anchor="end">${y.toFixed(1)}</text>`,
)}
${ticks(lastX).map(
  (x) =>
    html`<line x1="${xAt(x)}" x2="${xAt(x)}" y1="${HEIGHT - BOTTOM}" y2="${HEIGHT - BOTTOM + 5}" stroke="${colours.faint}"/><text x="${xAt(x)}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${x}</text>`,
)}
<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 6}" text-anchor="middle" fill="${colours.faint}">${xTitle}</text>
<text x="14" y="${(TOP + HEIGHT - BOTTOM) / 2}" text-anchor="middle" fill="${colours.faint}" transform="rotate(-90 14 ${(TOP + HEIGHT - BOTTOM) / 2})">${yTitle}</text>
${lines.map((line) => draw(line, xAt, yAt))}
${byHeight(lines).map((line, index) => mark(line, index === 0, xAt, yAt))}
</svg>`;
}

function draw(line: Line, xAt: (x: number) => number, yAt: (y: number) => number): Html {
  const points = line.points.map(({ x, y }) => `${xAt(x)},${yAt(y)}`).join(' ');
  return html`<polyline points="${points}" fill="none" stroke="${line.colour}" stroke-width="2" stroke-linejoin="round" stroke-dasharray="${line.dashes}"/>`;
}

const byHeight = (lines: readonly Line[]) => lines.toSorted((a, b) => (b.best?.y ?? 0) - (a.best?.y ?? 0));

/** A diamond and what it says, on the side where there is room: the highest above, the others below, so that they do not meet. */
function mark(
  line: Line,
  above: boolean,
  xAt: (x: number) => number,
  yAt: (y: number) => number,
): Html | undefined {
  if (line.best === undefined) return undefined;
  const [x, y] = [xAt(line.best.x), yAt(line.best.y)];
  const right = x > WIDTH / 2;
  const textY = above ? Math.max(y - 12, TOP - 2) : Math.min(y + 22, HEIGHT - BOTTOM - 6);
  return html`<path d="M${x} ${y - 7}l7 7l-7 7l-7 -7z" fill="${line.colour}" stroke="#fff" stroke-width="1.5"/><text x="${right ? x + 6 : x - 6}" y="${textY}" text-anchor="${right ? 'end' : 'start'}" fill="${line.colour}" font-weight="600" stroke="#fff" stroke-width="4" paint-order="stroke">${line.name}: best ${line.best.y.toFixed(3)} at step ${line.best.x}</text>`;
}

/** About six round numbers from 0 to `last`. */
function ticks(last: number): number[] {
  const rough = last / 6;
  const magnitude = 10 ** Math.floor(Math.log10(Math.max(rough, 1)));
  const step = [1, 2, 5, 10].map((factor) => factor * magnitude).find((candidate) => candidate >= rough) ?? 1;
  return Array.from({ length: Math.floor(last / step) + 1 }, (_, index) => index * step);
}

const round = (value: number) => Math.round(value * 10) / 10;
