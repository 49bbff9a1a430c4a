import type { CurvePoint } from '#core/contracts/evaluation.ts';

const BLOCKS = '▁▂▃▄▅▆▇█';

/** A bar of `width` characters for a share in [0, 1]. */
export function shareBar(share: number, width = 24): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * width);
  return '█'.repeat(filled) + '░'.repeat(width - filled);
}

/**
 * Validation accuracies as one line, scaled from 0 to the highest of all `curves`, at most `width`
 * characters.
 */
export function sparkline(values: readonly number[], highest: number, width = 24): string {
  return pickEvenly(values, width)
    .map(
      (value) =>
        BLOCKS[Math.min(BLOCKS.length - 1, Math.floor((value / Math.max(highest, 1e-9)) * BLOCKS.length))],
    )
    .join('');
}

/**
 * Validation accuracy over the gradient steps as a plot of `height` lines; `◆` marks the point that was kept.
 *
 * @returns lines without a line break
 */
export function accuracyPlot(
  curve: readonly CurvePoint[],
  bestStep: number,
  width = 56,
  height = 7,
): string[] {
  if (curve.length === 0) return [];
  const lastStep = Math.max(1, curve.at(-1)!.step);
  const accuracies = curve.map((point) => point.validationAccuracy);
  const top = Math.max(0.1, Math.ceil(Math.max(...accuracies) * 10) / 10);
  const cells = Array.from({ length: height }, () => Array<string>(width).fill(' '));
  const place = (point: CurvePoint, mark: string) => {
    const column = Math.min(width - 1, Math.round((point.step / lastStep) * (width - 1)));
    const row = height - 1 - Math.round((point.validationAccuracy / top) * (height - 1));
    cells[Math.max(0, row)]![column] = mark;
  };
  for (const point of curve) place(point, '·');
  const best = curve.find((point) => point.step === bestStep);
  if (best !== undefined) place(best, '◆');
  const lines = cells.map((row, index) => {
    const label = index === 0 ? top.toFixed(2) : index === height - 1 ? '0.00' : '';
    return `${label.padStart(5)} ┤${row.join('').trimEnd()}`;
  });
  const axis = `step ${lastStep}`;
  return [...lines, `${' '.repeat(6)}└${'─'.repeat(width)}`, `${' '.repeat(7)}0${axis.padStart(width - 1)}`];
}

/** At most `width` of the values, at even distances; the last one is always among them. */
function pickEvenly(values: readonly number[], width: number): number[] {
  if (values.length <= width) return [...values];
  return Array.from(
    { length: width },
    (_, i) => values[Math.round((i * (values.length - 1)) / (width - 1))]!,
  );
}
