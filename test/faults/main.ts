import { describeError, InvalidInputError } from '#core/errors.ts';
import { HELP, readOptions } from './options.ts';
import { printRun, printTally } from './print.ts';
import { type Tally, Tallying } from './tally.ts';
import { playAll } from './workers.ts';

/** `npm run test:faults`. */

// The SDK's versions are pinned; what later ones will need is not the reader's concern here.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

/** From so many runs on a kind of fault that never struck is a mistake of the suite. */
const ENOUGH_FOR_ALL = 200;
const PROGRESS_MS = process.stderr.isTTY ? 1_000 : 30_000;
/** Runs whose history is printed when they fail; the others' seeds are enough. */
const MOST_HISTORIES = 5;

async function main(): Promise<number> {
  const { runs, seed, jobs, json, help } = readOptions(process.argv.slice(2));
  if (help) {
    console.log(HELP);
    return 0;
  }
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  const tallying = new Tallying();
  let failed = 0;
  const progress = setInterval(() => {
    const { runs: done, faults } = tallying.tally;
    const left = done === 0 ? '' : `, ${Math.round((seconds() / done) * (runs - done))} s left`;
    const line = `${done} of ${runs} runs, ${faults} faults, ${failed} failed${left}`;
    process.stderr.write(process.stderr.isTTY ? `\r${line.padEnd(70)}` : `${line}\n`);
  }, PROGRESS_MS);
  try {
    const seeds = Array.from({ length: runs }, (_, index) => seed + index);
    await playAll(seeds, jobs, (run) => {
      if ('error' in run) {
        tallying.addBroken();
        failed += 1;
        console.log(`\nseed ${run.seed} broke off: ${run.error}`);
        return;
      }
      tallying.add(run);
      if (run.violations.length > 0) failed += 1;
      if (runs === 1 || (run.violations.length > 0 && failed <= MOST_HISTORIES)) printRun(run);
      else if (run.violations.length > 0) {
        console.log(`seed ${run.plan.seed}: ${run.violations.map(({ text }) => text).join('; ')}`);
      }
    });
  } catch (error) {
    // What came before is worth knowing all the same.
    printTally(tallying, seconds());
    throw error;
  } finally {
    clearInterval(progress);
    if (process.stderr.isTTY) process.stderr.write(`\r${''.padEnd(70)}\r`);
  }
  printTally(tallying, seconds());
  const missing = tallying.kinds().filter(({ times }) => times === 0);
  const incomplete = runs >= ENOUGH_FOR_ALL && missing.length > 0;
  if (incomplete) console.log(`\nnever struck: ${missing.map(({ kind }) => kind).join(', ')}`);
  if (json) console.log(JSON.stringify(tallying.tally satisfies Tally));
  return failed > 0 || incomplete ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(describeError(error));
  process.exitCode = error instanceof InvalidInputError ? 2 : 1;
}
