import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { accuracyChart } from '../../bench/transfer/accuracy-chart.ts';
import { curveOf, figuresOf } from '../../bench/transfer/figures.ts';
import { type Measurement, tasksOf } from '../../bench/transfer/measurement.ts';
import { openResults } from '../../bench/transfer/results-file.ts';
import { curveTable } from '../../bench/transfer/tables.ts';

const measured = (
  mode: Measurement['mode'],
  seed: number,
  accuracy: number,
  images: number | null = null,
): Measurement => ({ domain: 'produce', images, seed, mode, accuracy, calibrationError: 0.1, seconds: 3 });

const curve = [
  measured('baseline', 1, 0.2, 1),
  measured('transfer', 1, 0.4, 1),
  measured('baseline', 2, 0.3, 1),
  measured('transfer', 2, 0.6, 1),
  measured('baseline', 1, 0.8, 20),
  measured('transfer', 1, 0.7, 20),
];

describe('the tasks of a run', () => {
  it('are both trainings of every seed and domain, then those of the curve', () => {
    const tasks = tasksOf(['produce', 'vehicles'], 2, { images: [1, 5], seeds: 1 });

    expect(tasks).toHaveLength(2 * 2 * 2 + 2 * 2 * 1 * 2);
    expect(tasks[0]).toEqual({ domain: 'produce', images: null, seed: 1, mode: 'transfer' });
    expect(tasks.at(-1)).toEqual({ domain: 'vehicles', images: 5, seed: 1, mode: 'baseline' });
    expect(tasks.slice(0, 8).every(({ images }) => images === null)).toBe(true);
  });
});

describe('the figures', () => {
  it('compare seed by seed, and leave out a seed that has only one of the two', () => {
    const half = [...curve, measured('transfer', 3, 1, 1)];

    const figures = figuresOf(half, 'produce', 1)!;

    expect(figures.seeds).toBe(2);
    expect(figures.baseline.mean).toBeCloseTo(0.25);
    expect(figures.transfer.mean).toBeCloseTo(0.5);
    expect(figures.uplift.mean).toBeCloseTo(0.25);
    expect(figures.uplift.sd).toBeCloseTo(Math.SQRT1_2 * 0.1);
    expect(figuresOf(half, 'produce', null)).toBeUndefined();
  });

  it('are printed with the sign of the gain', () => {
    const table = curveTable(curveOf(curve, 'produce', [1, 20])).split('\n');

    expect(table).toHaveLength(4);
    expect(table[2]).toContain('| +0.250 ± 0.071');
    expect(table[3]).toContain('| −0.100 ± 0.000');
  });
});

describe('the results file', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'graft-bench-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('knows what was measured before, of the same subject only', async () => {
    const path = join(folder, 'new', 'results.jsonl');
    const first = await openResults(path, 'one');
    await first.add(curve[0]!);

    const again = await openResults(path, 'one');
    const other = await openResults(path, 'another');

    expect(again.find(curve[0]!)).toEqual(curve[0]);
    expect(again.find(curve[1]!)).toBeUndefined();
    expect(other.find(curve[0]!)).toBeUndefined();
  });

  it('survives a line that a killed run did not finish', async () => {
    const path = join(folder, 'results.jsonl');
    await (await openResults(path, 'one')).add(curve[0]!);
    await appendFile(path, '{"subject":"on');

    const resumed = await openResults(path, 'one');
    await resumed.add(curve[1]!);

    const again = await openResults(path, 'one');
    expect([curve[0]!, curve[1]!].map((task) => again.find(task))).toEqual([curve[0], curve[1]]);
    expect(await readFile(path, 'utf8')).toMatch(/\n$/);
  });
});

describe('the chart', () => {
  it('says all of its figures to those who cannot see it, and draws a mark for each', () => {
    const svg = accuracyChart('produce', curveOf(curve, 'produce', [1, 20]));

    expect(svg).toContain('1: 0.50 with, 0.25 without; 20: 0.70 with, 0.80 without');
    expect(svg.match(/<circle /g)).toHaveLength(2);
    expect(svg.match(/<polyline /g)).toHaveLength(2);
    expect(svg).not.toContain('NaN');
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
  });
});
