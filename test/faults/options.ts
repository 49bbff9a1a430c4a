import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { InvalidInputError } from '#core/errors.ts';

export interface Options {
  runs: number;
  seed: number;
  jobs: number;
  json: boolean;
  help: boolean;
}

export const HELP = `npm run test:faults -- [options]

Drives the state machine with its real functions over the local AWS through many runs, each with faults that follow from its seed, and
checks that no model is lost, no wrong model is live, and nothing is stuck. docs/promotion.md says what is injected and what is checked.

  --runs N   runs (default 500); with fewer than 200 a kind of fault that never struck is no failure
  --seed N   seed of the first run, the others follow (default 1); with --runs 1 the whole history of the run is printed
  --jobs N   processes at the same time (default: one for each processor)
  --json     the last line of standard output is {runs, faults, lostModels, wrongModelLive, stuckExecutions}
  --help     this

Exit code 0 if all three figures are 0 and every kind of fault has struck, 1 otherwise, 2 for wrong options.`;

/** @throws InvalidInputError naming the option that is wrong */
export function readOptions(args: string[]): Options {
  let values: Record<'runs' | 'seed' | 'jobs', string | undefined> &
    Record<'json' | 'help', boolean | undefined>;
  try {
    const text = { type: 'string' } as const;
    const flag = { type: 'boolean' } as const;
    const options = { runs: text, seed: text, jobs: text, json: flag, help: flag };
    values = {
      runs: undefined,
      seed: undefined,
      jobs: undefined,
      json: undefined,
      help: undefined,
      ...parseArgs({ args, options }).values,
    };
  } catch (error) {
    throw new InvalidInputError((error as Error).message, { hint: 'See npm run test:faults -- --help.' });
  }
  const whole = (name: 'runs' | 'seed' | 'jobs', least: number, otherwise: number) => {
    const value = values[name] === undefined ? otherwise : Number(values[name]);
    if (Number.isSafeInteger(value) && value >= least) return value;
    throw new InvalidInputError(`--${name} is "${values[name]}", expected a whole number from ${least} on`);
  };
  return {
    runs: whole('runs', 1, 500),
    seed: whole('seed', 0, 1),
    jobs: whole('jobs', 1, availableParallelism()),
    json: values.json ?? false,
    help: values.help ?? false,
  };
}
