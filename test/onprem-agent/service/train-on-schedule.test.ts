import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cron } from 'croner';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTaken } from '../../../onprem-agent/service/taken.ts';
import { createTrainings } from '../../../onprem-agent/service/train-on-schedule.ts';

let root: string;
let images: string;
let out: string;
/** Wall clock of the service. */
let time: Date;
/** What happened, in order. */
let told: string[];
/** Exit code of the next training. */
let code: number;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'graft-schedule-'));
  images = join(root, 'images');
  out = join(root, 'model');
  await mkdir(join(images, 'apple'), { recursive: true });
  await writeFile(join(images, 'apple', '1.png'), 'an image');
  time = new Date(2026, 10, 28, 0, 30);
  told = [];
  code = 0;
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** A service that trains at one o'clock; each one is a new start. */
function service() {
  const schedule = new Cron('0 1 * * *', { paused: true });
  return createTrainings({
    trainings: [{ images, out }],
    nextAfter: (moment) => schedule.nextRun(moment),
    taken: openTaken(join(root, 'state')),
    run: async (words) => {
      told.push(words.join(' '));
      if (code === 0) await writeModel();
      return { code, last: {} };
    },
    onState: (change) => {
      if (change.state === 'training') told.push(change.isContinued ? 'goes on' : 'begins');
      else told.push(change.state === 'failed' ? `failed with ${change.code}` : change.state);
    },
    clock: () => time,
  });
}
async function writeModel() {
  await rm(`${out}.training`, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  await writeFile(join(out, 'manifest.json'), '{}');
  await utimes(join(out, 'manifest.json'), time, time);
}
async function leaveUnfinished() {
  await mkdir(`${out}.training`, { recursive: true });
  await writeFile(join(`${out}.training`, '7.checkpoint'), '');
}
async function at(day: number, hour: number, minute: number, { look } = service()) {
  time = new Date(2026, 10, day, hour, minute);
  told = [];
  await look();
  return told;
}
const command = () => `train ${images} --out ${out} --force`;
const trained = () => ['begins', command(), 'trained'];
const addImage = (name: string) => writeFile(join(images, 'apple', name), name);

describe('trainings on a schedule', () => {
  it('begin when their time has come, once', async () => {
    const running = service();

    expect(await at(28, 0, 59, running)).toEqual([]);
    expect(await at(28, 1, 0, running)).toEqual(trained());
    expect(await at(28, 1, 1, running)).toEqual([]);
    await addImage('2.png');
    expect(await at(28, 23, 0, running)).toEqual([]);
    expect(await at(29, 1, 0, running)).toEqual(trained());
  });

  it('do nothing where no image has changed since, over restarts too', async () => {
    await at(28, 0, 0);
    const running = service();
    await at(28, 1, 0, running);

    expect(await at(29, 1, 0, running)).toEqual(['unchanged']);
    expect(await at(29, 1, 5, running)).toEqual([]);
    expect(await at(30, 9, 0)).toEqual(['unchanged']);
    await rm(images, { recursive: true });
    expect(await at(30, 9, 0)).toEqual(['missing']);
  });

  it('make up for a time that passed while the service did not run', async () => {
    await writeModel();
    await addImage('2.png');

    expect(await at(28, 0, 45)).toEqual([]);
    expect(await at(28, 8, 0)).toEqual(trained());
  });

  it('go on at once after a reboot, and begin anew where the images have changed meanwhile', async () => {
    code = 1;
    const running = service();
    expect(await at(28, 1, 0, running)).toEqual(['begins', command(), 'failed with 1']);
    await leaveUnfinished();

    code = 0;
    expect(await at(28, 3, 0)).toEqual(['goes on', command(), 'trained']);
    await addImage('2.png');
    code = 1;
    await at(29, 1, 0);
    await leaveUnfinished();
    await addImage('3.png');
    code = 0;
    expect(await at(29, 3, 0)).toEqual(['begins', `${command()} --restart`, 'trained']);
  });

  it('leave one that a person has begun for `graft train` to go on with, or to refuse', async () => {
    await leaveUnfinished();

    expect(await at(28, 0, 40)).toEqual(['goes on', command(), 'trained']);
  });

  it('are tried again a quarter of an hour after a failure', async () => {
    code = 1;
    const running = service();
    await at(28, 1, 0, running);
    await leaveUnfinished();

    expect(await at(28, 1, 14, running)).toEqual([]);
    code = 0;
    expect(await at(28, 1, 15, running)).toEqual(['goes on', command(), 'trained']);
    expect(await at(28, 1, 30, running)).toEqual([]);
  });
});
