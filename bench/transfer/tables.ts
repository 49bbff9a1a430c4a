import type { Summary } from '../shared/summary.ts';
import type { CurveRow, Figures } from './figures.ts';

const show = ({ mean, sd }: Summary) => `${mean.toFixed(3)} ± ${sd.toFixed(3)}`;
const signed = (value: Summary) =>
  `${value.mean < 0 ? '−' : '+'}${show({ ...value, mean: Math.abs(value.mean) })}`;

/** What the columns hold. */
export const EXPLANATION =
  'Mean ± standard deviation over the seeds of accuracy on the test images, of its gain, and of the expected calibration error (ECE); seconds of one training, without / with transfer';

const COLUMNS = [
  'without transfer',
  'with transfer',
  'uplift',
  'ECE without',
  'ECE with',
  'seeds',
  'seconds',
];

const cells = ({ baseline, transfer, uplift, calibrationError, seeds, seconds }: Figures) => [
  show(baseline),
  show(transfer),
  signed(uplift),
  show(calibrationError.baseline),
  show(calibrationError.transfer),
  String(seeds),
  `${seconds.baseline.mean.toFixed(0)} / ${seconds.transfer.mean.toFixed(1)}`,
];

/** As Markdown: mean ± standard deviation over the seeds for each domain with the images it has. */
export const domainsTable = (rows: readonly { domain: string; figures: Figures }[]): string =>
  markdown(
    ['domain', ...COLUMNS],
    rows.map(({ domain, figures }) => [domain, ...cells(figures)]),
  );

/** As Markdown: the same over the number of training images of each class. */
export const curveTable = (rows: readonly CurveRow[]): string =>
  markdown(
    ['images a class', ...COLUMNS],
    rows.map((row) => [String(row.images), ...cells(row)]),
  );

function markdown(head: readonly string[], rows: readonly string[][]): string {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)));
  const line = (row: readonly string[]) => `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
