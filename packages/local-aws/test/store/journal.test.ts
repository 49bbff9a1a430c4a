import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Journal } from '../../src/store/journal.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'local-aws-journal-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('a journal', () => {
  it('finds its entries again when it is opened anew', () => {
    const path = join(folder, 'history', 'one.ndjson');
    new Journal<{ n: number }>(path).append({ n: 1 }, { n: 2 });

    expect(new Journal(path).entries()).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('drops a last line that a kill cut short, and goes on after it', () => {
    const path = join(folder, 'one.ndjson');
    new Journal<{ n: number }>(path).append({ n: 1 });
    appendFileSync(path, '{"n":2');

    new Journal<{ n: number }>(path).append({ n: 3 });

    expect(new Journal(path).entries()).toEqual([{ n: 1 }, { n: 3 }]);
  });
});
