import { parseArgs } from 'node:util';
import { describeError, InvalidInputError } from '#core/errors.ts';
import { packageStack } from '../../scripts/package-stack.ts';
import { runFuzz } from './run.ts';
import { startFuzzStack } from './stack.ts';

const HELP = `npm run test:fuzz -- [--requests 50000] [--seed 1] [--clients 8] [--json]

Sends broken images, lying types and lengths, bombs, deep JSON, odd headers, slow and aborted bodies through the packaged
stack in a local AWS: API Gateway, functions, container. Fails when an answer is not in the OpenAPI document, is a 500
or 502, or when a process ends.

  --requests N  50000
  --seed N      the same requests for the same number  1
  --clients N   requests at once                       8
  --json        last line: {statuses, problems}`;

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
  try {
    const { api, key } = stack;
    const { statuses, problems } = await runFuzz({ api, key, ...options });
    if (!stack.isRunning()) problems.push('the local AWS has ended');
    console.log(statuses);
    for (const problem of problems) console.log(problem);
    if (values.json) console.log(JSON.stringify({ statuses, problems }));
    process.exitCode = problems.length === 0 ? 0 : 1;
  } finally {
    await stack.close();
  }
}

await main().catch((error: unknown) => {
  console.error(describeError(error));
  process.exitCode = 2;
});
