import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPrometheusFile } from '../../../../onprem-agent/commands/train/prometheus-file.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'graft-prometheus-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const step = (value: number | undefined) => ({ name: 'graft_train_step', help: 'Steps taken.', value });

describe('a file of metrics', () => {
  it('has every value that is known, is whole, and is written now and then', async () => {
    const path = join(folder, 'train.prom');
    const file = openPrometheusFile(path, { model: 'a "b"\\' }, expect.fail);

    await file.write([step(1), { name: 'unknown', help: 'Not yet.', value: undefined }]);
    const first = await readFile(path, 'utf8');
    await file.write([step(2)]);
    const same = await readFile(path, 'utf8');
    await file.write([step(3)], true);

    expect(first).toMatch(/^# HELP graft_train_step Steps taken\.\n# TYPE graft_train_step gauge\n/);
    expect(first).toContain('graft_train_step{model="a \\"b\\"\\\\"} 1\n');
    expect(first).not.toContain('unknown');
    expect(same).toBe(first);
    expect(await readFile(path, 'utf8')).toContain(' 3\n');
    expect(await readdir(folder)).toEqual(['train.prom']);
  });

  it('that cannot be written stops nothing, and is told once', async () => {
    const messages: string[] = [];
    const path = join(folder, 'nowhere', 'train.prom');
    const file = openPrometheusFile(path, {}, (message) => messages.push(message));

    for (const value of [1, 2]) await file.write([step(value)], true);

    expect(messages).toEqual([expect.stringContaining(`"${path}"`)]);
  });
});
