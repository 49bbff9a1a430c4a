import { parseArgs } from 'node:util';
import { describeError, InvalidInputError } from '#core/errors.ts';
import { packageStack } from '../../scripts/package-stack.ts';
import { type FuzzResult, runFuzz, totals } from './run.ts';
import { startFuzzStack } from './stack.ts';

const HELP = `npm run test:fuzz -- [--requests 50000] [--seed 1] [--clients 8] [--json]

Sends broken images, lying types and lengths, bombs, deep JSON, odd headers, slow and aborted bodies to every route of
the packaged stack in a local AWS: API Gateway, functions, container. The usage plan's limits are raised, so that the
requests get to the functions; one in fifty has a key beyond its limits. Ends with the answers by route and status, and
with what the logs say about answers of 5xx. Fails when an answer is not in the OpenAPI document, is a 500 or 502, or
when a process ends.

  --requests N  50000
  --seed N      the same requests for the same number  1
  --clients N   requests at once                       8
  --json        last line: {statuses, answers, problems}`;

async function main() {
  const { values } = parseArgs({
    options: {
      requests: { type: 'string', default: '50000' },
      seed: { type: 'string', default: '1' },
      clients: { type: 'string', default: '8' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(HELP);
  const whole = (option: 'requests' | 'seed' | 'clients') => {
    const value = Number(values[option]);
    if (Number.isInteger(value) && value >= 1) return value;
    throw new InvalidInputError(`--${option} "${values[option]}" is not a whole number from 1`);
  };
  const options = { requests: whole('requests'), seed: whole('seed'), clients: whole('clients') };
  const { template } = await packageStack({
    ...{ stage: 'dev', region: 'eu-central-1', environment: {} },
    out: '.build/fuzz-stack',
  });
  const stack = await startFuzzStack(template);
  let found = true;
  try {
    const { answers, problems, failed } = await runFuzz({
      ...{ ...stack, ...options },
      onProgress: (sent) => console.error(`${sent} of ${options.requests} requests`),
    });
    problems.push(...(await stack.ended()));
    found = problems.length > 0;
    print(answers);
    for (const id of failed) console.log((await stack.logOf(id)).join('\n'));
    for (const problem of problems) console.log(problem);
    if (found) console.log(`The log of the local AWS is in ${stack.logFile}`);
    if (values.json) console.log(JSON.stringify({ statuses: totals(answers), answers, problems }));
    process.exitCode = found ? 1 : 0;
  } finally {
    await stack.close({ keep: found });
  }
}

/** A line for each route, and one for all. */
function print(answers: FuzzResult['answers']): void {
  const routes = Object.keys(answers).sort();
  const longest = Math.max(...routes.map((route) => route.length));
  const line = (name: string, counts: Record<string, number>) => {
    const each = Object.entries(counts).map(([status, times]) => `${status}: ${times}`);
    console.log(`${name.padEnd(longest)}  ${each.join(', ')}`);
  };
  for (const route of routes) line(route, answers[route]!);
  line('all', totals(answers));
}

await main().catch((error: unknown) => {
  console.error(describeError(error));
  process.exitCode = 2;
});
