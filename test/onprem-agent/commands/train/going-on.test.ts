import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '#core/digest.ts';
import { makeImageFolder } from '../../../fixtures/images.ts';
import { graft, spawnGraft } from '../../cli.ts';

const labels = ['apple pie', 'crème brûlée', 'v2.0'];

let root: string;
let images: string;
/** Of the model that nothing has interrupted. */
let expected: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'graft-going-on-'));
  images = join(root, 'images');
  await makeImageFolder(images, { labels, perLabel: 12 });
  const { code } = await graft(wordsFor('whole'));
  expect(code).toBe(0);
  expected = await modelOf('whole');
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** 40 steps, with a checkpoint after each of them. */
const wordsFor = (name: string, ...more: string[]) => [
  ...['train', images, '--out', join(root, name), '--size', '16', '--epochs', '20', '--batch-size', '16'],
  ...['--backend', 'wasm', '--checkpoint-seconds', '0', ...more, '--json'],
];
const modelOf = async (name: string) => sha256(await readFile(join(root, name, 'model.onnx')));
const folderOf = (name: string) => join(root, `${name}.training`);

/** Steps of the checkpoints that are there, the newest first. */
async function stepsOf(name: string): Promise<number[]> {
  const names = await readdir(folderOf(name)).catch(() => []);
  const steps = names.map((each) => Number(/^step-(\d+)\.checkpoint$/.exec(each)?.[1] ?? 0));
  return steps.filter((step) => step > 0).sort((a, b) => b - a);
}

/** Ends a real process without warning as soon as it has saved this step. */
async function killAt(name: string, step: number, signal: NodeJS.Signals = 'SIGKILL', ...more: string[]) {
  const { child, done } = spawnGraft(wordsFor(name, ...more));
  let isOver = false;
  void done.then(() => {
    isOver = true;
  });
  while (!isOver && !((await stepsOf(name))[0]! >= step)) await new Promise((next) => setTimeout(next, 5));
  child.kill(signal);
  return done;
}

describe('graft train, run again,', () => {
  it('goes on after SIGKILL and torn files, to the model of a run that nothing interrupted', async () => {
    await killAt('killed', 2);
    expect(existsSync(join(root, 'killed'))).toBe(false);
    const [first] = await stepsOf('killed');
    // As a power cut leaves it.
    await truncate(join(folderOf('killed'), `step-${String(first).padStart(9, '0')}.checkpoint`), 5_000);
    await writeFile(join(folderOf('killed'), 'step-000000099.checkpoint.new'), 'torn');

    const second = await killAt('killed', 20);
    const readme = await readFile(join(folderOf('killed'), 'README.txt'), 'utf8');
    const [saved] = await stepsOf('killed');
    const last = await graft(wordsFor('killed'));

    expect(second.events).toContainEqual(
      expect.objectContaining({
        event: 'warning',
        message: expect.stringMatching(/is damaged or was not written/),
      }),
    );
    expect(second.events).toContainEqual(expect.objectContaining({ event: 'continued', step: first! - 1 }));
    expect(readme).toContain(`graft train ${images} --out ${join(root, 'killed')} --epochs 20`);
    expect(last.events).toContainEqual(expect.objectContaining({ event: 'continued', step: saved }));
    expect(last.last).toMatchObject({ event: 'result', imagesSeen: 40 * 16 });
    expect(await modelOf('killed')).toBe(expected);
    expect(existsSync(folderOf('killed'))).toBe(false);
  });

  it('goes on after Ctrl-C, and is as far as it was', async () => {
    const run = await killAt('stopped', 5, 'SIGINT');
    const status = JSON.parse(await readFile(join(folderOf('stopped'), 'status.json'), 'utf8'));
    const [saved] = await stepsOf('stopped');

    expect(run.code).toBe(130);
    expect(run.events).toContainEqual(expect.objectContaining({ event: 'kept', step: saved }));
    expect(run.last).toMatchObject({ event: 'error', message: 'Interrupted' });
    expect(status).toMatchObject({ state: 'interrupted', step: saved, out: join(root, 'stopped') });
    expect((await graft(wordsFor('stopped'))).code).toBe(0);
    expect(await modelOf('stopped')).toBe(expected);
  });

  it('does the same on several threads', async () => {
    const two = ['--batch-size', '32', '--epochs', '30'];
    await killAt('threads', 10, 'SIGKILL', ...two);
    await killAt('threads', 20, 'SIGINT', ...two);
    const [rest, whole] = [
      await graft(wordsFor('threads', ...two)),
      await graft(wordsFor('at-once', ...two)),
    ];

    expect([rest.code, whole.code]).toEqual([0, 0]);
    expect(rest.events).toContainEqual(expect.objectContaining({ event: 'continued' }));
    expect(await modelOf('threads')).toBe(await modelOf('at-once'));
  });

  it('goes on with the backend that has computed so far', async () => {
    const few = ['--epochs', '1', '--backend', 'cpu'];
    await killAt('plain', 1, 'SIGKILL', ...few);
    const words = wordsFor('plain', ...few);

    const rest = await graft(words.filter((word) => !['--backend', 'wasm', 'cpu'].includes(word)));

    expect(rest.code).toBe(0);
    expect(rest.events).toContainEqual(expect.objectContaining({ event: 'backend', name: 'cpu' }));
    expect(rest.events).toContainEqual(expect.objectContaining({ event: 'continued' }));
  });

  it('refuses other settings and other images by name, until it is told to begin anew', async () => {
    await killAt('changed', 2);

    const other = await graft(wordsFor('changed', '--epochs', '21', '--seed', '2'));
    await rm(join(images, 'v2.0', '2-011.png'));
    const fewer = await graft(wordsFor('changed'));
    const anew = await graft(wordsFor('changed', '--epochs', '1', '--restart'));

    expect(other.last.message).toMatch(/epochs was 20 and is 21, seed was 1 and is 2/);
    expect(other.last.hint).toMatch(/--restart/);
    expect(fewer.last.message).toMatch(/the images have changed/);
    expect(anew.code).toBe(0);
    expect(anew.events.some(({ event }) => event === 'continued')).toBe(false);
    expect(existsSync(folderOf('changed'))).toBe(false);
  });
});

it('graft train leaves nothing behind when it ends before its first step', async () => {
  const run = await graft(['train', join(root, 'nowhere'), '--out', join(root, 'deep', 'none'), '--json']);

  expect(run.code).toBe(1);
  expect(existsSync(join(root, 'deep'))).toBe(false);
});
