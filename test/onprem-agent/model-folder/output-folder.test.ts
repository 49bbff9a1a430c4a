import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openOutputFolder } from '../../../onprem-agent/model-folder/output-folder.ts';
import { readModelFolder } from '../../../onprem-agent/model-folder/read.ts';

let root: string;
let models: string;
let out: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'graft-out-'));
  models = join(root, 'models');
  out = join(models, 'icons');
});
afterEach(() => rm(root, { recursive: true, force: true }));

interface Steps {
  save?: (folder: string) => Promise<unknown>;
  complete?: (folder: string) => Promise<unknown>;
}

/** As `graft train` goes about it. */
async function train(text: string, force: boolean, steps: Steps = {}): Promise<string[]> {
  const place = await openOutputFolder(out, force);
  try {
    await place.publish({
      save: steps.save ?? ((folder) => writeFile(join(folder, 'model.onnx'), text)),
      complete: steps.complete ?? ((folder) => writeFile(join(folder, 'manifest.json'), text)),
    });
    return place.notes;
  } finally {
    await place.close();
  }
}
const manifestIn = (folder: string) => readFile(join(folder, 'manifest.json'), 'utf8');

describe('the output folder', () => {
  it('appears complete, and leaves nothing beside it', async () => {
    await train('new', false);

    expect(await manifestIn(out)).toBe('new');
    expect(await readdir(models)).toEqual(['icons']);
  });

  it('leaves nothing at all when nothing is published', async () => {
    const place = await openOutputFolder(join(models, 'deep', 'icons'), false);
    await place.close();

    expect(await readdir(root)).toEqual([]);
  });

  it('takes an empty folder, and replaces a model only when told to', async () => {
    await mkdir(out, { recursive: true });
    await train('first', false);

    await expect(train('second', false)).rejects.toThrow(/is there already/);
    expect(await manifestIn(out)).toBe('first');
    await train('third', true);
    expect(await manifestIn(out)).toBe('third');
    expect(await readdir(models)).toEqual(['icons']);
  });

  it('never replaces what is no model, not even when told to', async () => {
    await mkdir(out, { recursive: true });
    await writeFile(join(out, 'thesis.txt'), 'years of work');

    await expect(openOutputFolder(out, true)).rejects.toThrow(/is no model/);
    await expect(openOutputFolder(join(out, 'thesis.txt'), true)).rejects.toThrow(/is a file/);
  });

  it('says before anything is made that nothing can be written there', async () => {
    await expect(openOutputFolder('/proc/models/icons', false)).rejects.toMatchObject({
      name: 'InvalidInput',
      message: expect.stringMatching(/^Nothing can be written beside "\/proc\/models\/icons": /),
      hint: expect.stringContaining('--out'),
    });
  });

  it('says before anything is made that there is no room, and leaves nothing behind', () => {
    // The limit of a file's size stands for that of a disk.
    const program = `const { openOutputFolder } = await import(${JSON.stringify(
      fileURLToPath(new URL('../../../onprem-agent/model-folder/output-folder.ts', import.meta.url)),
    )}); await openOutputFolder(${JSON.stringify(out)}, false).catch((error) => console.log(error.message));`;
    const command = `ulimit -f 4096; exec "$0" --import tsx --input-type=module --eval "$1"`;
    const { stdout } = spawnSync('bash', ['-c', command, process.execPath, program], { encoding: 'utf8' });

    expect(stdout).toMatch(/^Nothing can be written beside ".*icons": EFBIG/);
    return expect(readdir(root)).resolves.toEqual([]);
  });
});

describe('a model that is finished', () => {
  it('gets another name when its folder has been taken meanwhile', async () => {
    const complete = async (folder: string) => {
      await mkdir(out, { recursive: true });
      await writeFile(join(out, 'thesis.txt'), 'years of work');
      await writeFile(join(folder, 'manifest.json'), 'new');
    };

    await expect(train('new', true, { complete })).rejects.toMatchObject({
      name: 'ModelKeptElsewhere',
      message: expect.stringContaining(`The model is in "${out}-kept", not in "${out}"`),
    });
    expect((await readdir(models)).sort()).toEqual(['icons', 'icons-kept']);
    expect(await readdir(out)).toEqual(['thesis.txt']);
    expect(await manifestIn(`${out}-kept`)).toBe('new');
  });

  it('is saved elsewhere when it cannot be saved where it should', async () => {
    await train('first', false);
    const save = async (folder: string) => {
      if (folder.startsWith(models)) throw new Error('ENOSPC: no space left on device');
      await writeFile(join(folder, 'model.onnx'), 'new');
    };

    const error = await train('new', true, { save }).catch((thrown: Error) => thrown as Error);

    expect(error).toMatchObject({ name: 'ModelKeptElsewhere', message: expect.stringContaining('ENOSPC') });
    const kept = /is in "([^"]*)"/.exec((error as Error).message)![1]!;
    expect(basename(kept)).toMatch(/^icons-kept-/);
    expect((await readdir(kept)).sort()).toEqual(['manifest.json', 'model.onnx']);
    expect(await manifestIn(out)).toBe('first');
    await rm(kept, { recursive: true });
  });

  it('keeps its weights when it cannot be described', async () => {
    const complete = () => Promise.reject(new Error('The manifest is not valid'));

    await expect(train('new', false, { complete })).rejects.toThrow(/-kept".*The manifest is not valid/);
    expect(await readdir(models)).toEqual(['icons-kept']);
    expect(await readFile(join(`${out}-kept`, 'model.onnx'), 'utf8')).toBe('new');
  });
});

describe('after a kill', () => {
  const killAtRename = (number: number) => {
    const program = fileURLToPath(new URL('../../fixtures/kill-between-renames.ts', import.meta.url));
    const words = ['--import', 'tsx', program, out, String(number)];
    expect(spawnSync(process.execPath, words, { encoding: 'utf8' }).signal).toBe('SIGKILL');
  };

  it('between the two renames the next run puts the new model in its place, and says so', async () => {
    await train('old', false);
    killAtRename(2);
    await expect(readModelFolder(out)).rejects.toMatchObject({
      hint: expect.stringMatching(/was killed while it worked on it: look into ".*\.icons-/),
    });

    await expect(openOutputFolder(out, false)).rejects.toThrow(
      `A run that was killed had finished a model: it is now in "${out}". "${out}" is there already`,
    );

    expect(await manifestIn(out)).toBe('new');
    expect(await readdir(models)).toEqual(['icons']);
  });

  it('before the first one the old model stays, and the new one gets a name', async () => {
    await train('old', false);
    killAtRename(1);

    const notes = await train('newest', true);

    expect(notes).toEqual([`A run that was killed had finished a model: it is now in "${out}-kept"`]);
    expect(await manifestIn(out)).toBe('newest');
    expect(await manifestIn(`${out}-kept`)).toBe('new');
    expect((await readdir(models)).sort()).toEqual(['icons', 'icons-kept']);
  });

  it('what was moved away comes back when there is nothing new, and what is half done goes', async () => {
    const gone = String(spawnSync(process.execPath, ['--eval', '0']).pid);
    await mkdir(join(models, '.icons-abcdef', 'old'), { recursive: true });
    await writeFile(join(models, '.icons-abcdef', 'old', 'manifest.json'), 'old');
    await writeFile(join(models, '.icons-abcdef', 'owner'), gone);
    await mkdir(join(models, '.icons-ghijkl', 'new'), { recursive: true });
    await writeFile(join(models, '.icons-ghijkl', 'owner'), gone);

    const notes = await train('newest', true);

    expect(notes).toEqual([`A run that was killed had moved the model of "${out}" away: it is back`]);
    expect(await readdir(models)).toEqual(['icons']);
  });

  it('nothing is taken from a run that goes on', async () => {
    const other = await openOutputFolder(out, false);
    await writeFile(join(models, (await readdir(models))[0]!, 'owner'), String(process.ppid));

    await train('mine', false);

    expect(await readdir(models)).toHaveLength(2);
    await other.close();
    expect(await readdir(models)).toEqual(['icons']);
  });
});
