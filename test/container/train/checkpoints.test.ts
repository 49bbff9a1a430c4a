import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Evaluation, evaluationSchema } from '../../../core/contracts/evaluation.ts';
import { makeJob, startContainer } from '../job-fixture.ts';

/** So many that a checkpoint, which there is every 100 steps, lies well before the end of each training. */
const recipe = { augmentation: 2, seed: 3, baselineSteps: 150 };
const RESUMED = 'goes on where it was interrupted';

let master: string;
let uninterrupted: Omit<Evaluation, 'seconds' | 'latencyMs'>;
let root: string;
beforeAll(async () => {
  master = await mkdtemp(join(tmpdir(), 'graft-checkpoints-master-'));
  await makeJob(master, { mode: 'baseline', recipe });
  root = await mkdtemp(join(tmpdir(), 'graft-checkpoints-'));
  await cp(master, root, { recursive: true });
  expect((await startContainer('train', root).done).code).toBe(0);
  uninterrupted = await evaluation();
  await rm(root, { recursive: true });
}, 240_000);
afterAll(() => rm(master, { recursive: true, force: true }));
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'graft-checkpoints-'));
  await cp(master, root, { recursive: true });
});
afterEach(() => rm(root, { recursive: true, force: true }));

const checkpoints = () => join(root, 'checkpoints');
const file = () => join(checkpoints(), 'training.checkpoint');

/** All of it but times. */
async function evaluation() {
  const text = await readFile(join(root, 'output/data/evaluation.json'), 'utf8');
  const { seconds: _, latencyMs: __, ...rest } = evaluationSchema.parse(JSON.parse(text));
  return rest;
}

/** The folders as SageMaker gives them to the next attempt: everything new but the checkpoints. */
async function nextInstance(): Promise<void> {
  const kept = `${root}-kept`;
  await cp(checkpoints(), kept, { recursive: true });
  await rm(root, { recursive: true });
  await cp(master, root, { recursive: true });
  await cp(kept, checkpoints(), { recursive: true });
  await rm(kept, { recursive: true });
}

/** Begins the job and takes its machine away once it has said so much. */
async function interrupted(signal: NodeJS.Signals, once: RegExp): Promise<void> {
  await mkdir(checkpoints(), { recursive: true });
  const { child, done, run } = startContainer('train', root);
  child.stdout.on('data', () => {
    if (once.test(run.stdout)) child.kill(signal);
  });
  const { stderr } = await done;
  expect(run.stdout, stderr).toMatch(once);
  expect(run.stdout).not.toContain('test_accuracy');
}

describe('a baseline whose instance is taken away without a word', () => {
  it('goes on from a whole checkpoint, and comes to the same evaluation', async () => {
    await interrupted('SIGKILL', /graft:step=1[1-4]\d/);
    expect((await readdir(checkpoints())).filter((name) => !name.endsWith('.new'))).toEqual([
      'training.checkpoint',
    ]);
    await nextInstance();

    const { code, stderr, stdout } = await startContainer('train', root).done;

    expect(stderr).toContain(RESUMED);
    expect(code).toBe(0);
    expect(stdout).not.toMatch(/graft:step=(?:\d|\d\d) /);
    expect(await evaluation()).toEqual(uninterrupted);
  });
});

describe('a baseline whose instance is taken away with two minutes’ notice', () => {
  /** What the interrupted job has left, for each test to begin with. */
  let left: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'graft-checkpoints-'));
    await cp(master, root, { recursive: true });
    await interrupted('SIGTERM', /graft:step=\d+/);
    left = `${root}-left`;
    await rename(checkpoints(), left);
    await rm(root, { recursive: true });
  });
  afterAll(() => rm(left, { recursive: true, force: true }));
  beforeEach(() => cp(left, checkpoints(), { recursive: true }));

  /** The job goes on until its first step, and says what it thinks of the checkpoint. */
  async function firstWords(): Promise<{ stdout: string; stderr: string }> {
    const { child, done, says, run } = startContainer('train', root);
    await says('graft:step=');
    child.kill('SIGTERM');
    await done;
    return run;
  }

  it('goes on at the step where it was told to stop', async () => {
    const { step } = JSON.parse((await readFile(file(), 'latin1')).split('\n')[0]!).progress;
    expect(step).toBeGreaterThan(0);

    const { stdout, stderr } = await firstWords();

    expect(stderr).toContain(RESUMED);
    expect(Number(/graft:step=(\d+)/.exec(stdout)![1])).toBeGreaterThan(step);
  });

  it.each<[string, () => Promise<unknown>, RegExp]>([
    [
      'is damaged',
      async () => {
        const bytes = await readFile(file());
        bytes[bytes.length - 5]! ^= 1;
        await writeFile(file(), bytes);
      },
      /it is damaged/,
    ],
    ['is half there', async () => writeFile(file(), (await readFile(file())).subarray(0, 50)), /not JSON/],
    [
      'is of other images',
      () => rm(join(root, 'input/data/train/apple/0-000.png')),
      /it is of other images, another recipe or another model/,
    ],
  ])('starts from the beginning where what was kept %s, and says so', async (_what, spoil, reason) => {
    await spoil();

    const { stderr } = await firstWords();

    expect(stderr).toMatch(reason);
    expect(stderr).not.toContain(RESUMED);
  });
});

it('writes no checkpoint where nothing would restore it', async () => {
  const { child, done, says } = startContainer('train', root);
  await says('graft:step=');
  child.kill('SIGTERM');
  await done;

  expect(await readdir(root)).not.toContain('checkpoints');
});
