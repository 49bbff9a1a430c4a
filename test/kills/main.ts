/**
 * `npm run test:kills`: random SIGKILLs of real processes of the agent, each at a moment that a seed chooses.
 * A seed that failed can be played again alone with `--seed N --runs 1`. `--only train` or `--only push`
 * leaves the other half out; `--program FILE` names a packed agent (`npm run pack:agent` leaves it in
 * `.build/agent/package/dist/graft.mjs`), which starts faster than the sources.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { createS3 } from 'local-aws/services';
import { startLocal } from 'local-aws/testing';
import { numberOption } from '../../onprem-agent/cli/arguments.ts';
import { playPush } from './push-life.ts';
import { TrainLives } from './train-life.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string' },
    seed: { type: 'string' },
    only: { type: 'string' },
    program: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const runs = numberOption('runs', values.runs, { minimum: 1, whole: true }) ?? 20;
const first = numberOption('seed', values.seed, { minimum: 0, whole: true }) ?? 1;

const isPlayed = (half: string) => values.only === undefined || values.only === half;
const program = values.program === undefined ? undefined : resolve(values.program);

const folder = await mkdtemp(join(tmpdir(), 'graft-kills-'));
const local = await startLocal({ services: [createS3], state: join(folder, 'aws') });
const lives = new TrainLives(folder, program);
const push = { runs: 0, kills: 0, lost: 0, committedTwice: 0, partsTwice: 0 };
const train = { runs: 0, kills: 0, continued: 0, lost: 0, differs: 0 };
let failures = 0;
try {
  for (let seed = first; seed < first + runs; seed++) {
    if (isPlayed('push')) {
      const { reasons, ...tally } = await playPush(local, join(folder, `push-${seed}`), { seed, program });
      add(push, tally);
      if (tally.lost + tally.committedTwice > 0) fail(`push, seed ${seed}: ${reasons.join('; ')}`);
      console.error(`push, seed ${seed}: ${tally.kills} kills, ${tally.partsTwice} parts twice`);
    }
    if (isPlayed('train')) {
      const { reasons, ...tally } = await lives.play(seed);
      add(train, tally);
      if (reasons.length > 0) fail(`train, seed ${seed}: ${reasons.join('; ')}`);
      console.error(`train, seed ${seed}: ${tally.kills} kills, ${tally.continued} times continued`);
    }
  }
} finally {
  await local.stop();
  await rm(folder, { recursive: true, force: true });
}
if (push.runs > 0) {
  console.log(
    `${push.runs} pushes, ${push.kills} kills: ${push.lost} models lost, ${push.committedTwice} commits twice, ${push.partsTwice} parts twice`,
  );
}
if (train.runs > 0) {
  console.log(
    `${train.runs} trainings, ${train.kills} kills, ${train.continued} times continued: ${train.lost} models lost, ${train.differs} models differ`,
  );
}
if (values.json) console.log(JSON.stringify({ push, train }));
process.exitCode = failures > 0 || push.partsTwice > push.kills ? 1 : 0;

/** Said at once: what comes later may end this program. */
function fail(failure: string): void {
  failures++;
  console.error(`FAILED: ${failure}`);
}

function add(total: Record<string, number>, tally: Record<string, number>): void {
  total.runs!++;
  for (const [name, count] of Object.entries(tally)) total[name]! += count;
}
