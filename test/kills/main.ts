/**
 * `npm run test:kills`: random SIGKILLs of real processes of the agent, each at a moment that a seed chooses.
 * A seed that failed can be played again alone with `--seed N --runs 1`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createS3 } from 'local-aws/services';
import { startLocal } from 'local-aws/testing';
import { numberOption } from '../../onprem-agent/cli/arguments.ts';
import { playPush } from './push-life.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string' },
    seed: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const runs = numberOption('runs', values.runs, { minimum: 1, whole: true }) ?? 20;
const first = numberOption('seed', values.seed, { minimum: 0, whole: true }) ?? 1;

const folder = await mkdtemp(join(tmpdir(), 'graft-kills-'));
const local = await startLocal({ services: [createS3], state: join(folder, 'aws') });
const push = { runs: 0, kills: 0, lost: 0, committedTwice: 0, partsTwice: 0 };
const failures: string[] = [];
try {
  for (let seed = first; seed < first + runs; seed++) {
    const tally = await playPush(local, join(folder, `push-${seed}`), seed);
    push.runs++;
    push.kills += tally.kills;
    push.lost += tally.lost;
    push.committedTwice += tally.committedTwice;
    push.partsTwice += tally.partsTwice;
    if (tally.lost + tally.committedTwice > 0)
      failures.push(`push, seed ${seed}: ${tally.reasons.join('; ')}`);
    console.error(`push, seed ${seed}: ${tally.kills} kills, ${tally.partsTwice} parts twice`);
  }
} finally {
  await local.stop();
  await rm(folder, { recursive: true, force: true });
}
for (const failure of failures) console.error(failure);
console.log(
  `${push.runs} pushes, ${push.kills} kills: ${push.lost} models lost, ${push.committedTwice} commits twice, ${push.partsTwice} parts twice`,
);
if (values.json) console.log(JSON.stringify({ push }));
process.exitCode = failures.length > 0 || push.partsTwice > push.kills ? 1 : 0;
