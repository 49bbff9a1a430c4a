import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { createFeatureRows, type FeatureRows } from '#model/transfer/feature-rows.ts';

let open: FeatureRows[] = [];
afterEach(() => {
  for (const rows of open) rows.close();
  open = [];
});

const make = (memoryBytes: number) => {
  const rows = createFeatureRows(5, 3, memoryBytes);
  open.push(rows);
  return rows;
};

describe('createFeatureRows', () => {
  it.each([
    ['in memory', 60, false],
    ['on disk', 59, true],
  ])('gives back what was written, %s', (_where, memoryBytes, onDisk) => {
    const rows = make(memoryBytes);

    rows.write(
      Float32Array.from({ length: 9 }, (_, i) => i),
      2,
    );
    rows.write(Float32Array.of(-1, -2, -3, -4, -5, -6), 0);

    expect(rows.onDisk).toBe(onDisk);
    expect([...rows.read(1, 3)]).toEqual([-4, -5, -6, 0, 1, 2]);
    expect([...rows.read(4, 5)]).toEqual([6, 7, 8]);
  });

  it('leaves no file behind, neither open nor closed', async () => {
    const scratch = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('graft-scratch-'));
    const before = await scratch();

    const rows = make(0);
    rows.write(new Float32Array(15), 0);
    const whileOpen = await scratch();
    rows.close();

    if (process.platform !== 'win32') expect(whileOpen).toEqual(before);
    expect(await scratch()).toEqual(before);
  });

  it('refuses to read what was never written to disk', () => {
    const rows = make(0);

    expect(() => rows.read(0, 1)).toThrow('nothing was written');
  });
});
