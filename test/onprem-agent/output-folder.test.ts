import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkOutputFolder, writeFolder } from '../../onprem-agent/output-folder.ts';

let root: string;
let out: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'graft-out-'));
  out = join(root, 'models', 'icons');
});
afterEach(() => rm(root, { recursive: true, force: true }));

const writeModel = (text: string) => (folder: string) => writeFile(join(folder, 'manifest.json'), text);

describe('the output folder', () => {
  it('appears complete, and leaves nothing beside it', async () => {
    await writeFolder(out, false, writeModel('new'));

    expect(await readFile(join(out, 'manifest.json'), 'utf8')).toBe('new');
    expect(await readdir(join(root, 'models'))).toEqual(['icons']);
  });

  it('does not appear when writing fails', async () => {
    const failing = writeFolder(out, false, async (folder) => {
      await writeFile(join(folder, 'weights.bin'), 'half');
      throw new Error('disk full');
    });

    await expect(failing).rejects.toThrow('disk full');
    expect(await readdir(join(root, 'models'))).toEqual([]);
  });

  it('takes an empty folder, and replaces a model only when told to', async () => {
    await mkdir(out, { recursive: true });
    await writeFolder(out, false, writeModel('first'));

    await expect(writeFolder(out, false, writeModel('second'))).rejects.toThrow(/is there already/);
    expect(await readFile(join(out, 'manifest.json'), 'utf8')).toBe('first');
    await writeFolder(out, true, writeModel('third'));
    expect(await readFile(join(out, 'manifest.json'), 'utf8')).toBe('third');
    expect(await readdir(join(root, 'models'))).toEqual(['icons']);
  });

  it('keeps the model that was there when writing its successor fails', async () => {
    await writeFolder(out, false, writeModel('first'));

    const failing = writeFolder(out, true, () => Promise.reject(new Error('disk full')));

    await expect(failing).rejects.toThrow('disk full');
    expect(await readFile(join(out, 'manifest.json'), 'utf8')).toBe('first');
  });

  it('never replaces what is no model, not even when told to', async () => {
    await mkdir(out, { recursive: true });
    await writeFile(join(out, 'thesis.txt'), 'years of work');

    await expect(checkOutputFolder(out, true)).rejects.toThrow(/is no model/);
    await expect(checkOutputFolder(join(out, 'thesis.txt'), true)).rejects.toThrow(/is a file/);
  });
});
