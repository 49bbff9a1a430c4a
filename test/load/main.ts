import { rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { describeError, InvalidInputError } from '#core/errors.ts';
import { startServe } from '../../bench/serve/servers.ts';
import { makeServedModel } from '../model/prediction/served-model-fixture.ts';
import { type LoadResult, memoryProblems, percentile, problemsOf, runLoad } from './run.ts';

const HELP = `npm run test:load -- [--seconds 600] [--overload-seconds 60] [--predictions 100000] [--model DIR] [--json]

Loads the container's serve (its real process): at half capacity, at ten times the capacity, then so many predictions
more. Fails when an answer is none of 200, 429 and 503 (at half capacity: 200), when the process ends, when memory is
not flat (within a tenth, once a phase has run for a while), or when answers do not take as long as before within 5 s
after the overload.

  --seconds N           at half capacity                  600
  --overload-seconds N  at ten times the capacity         60
  --predictions N       afterwards, of eight clients      100000
  --model DIR           a served model; a small network when left out
  --json                last line: what was seen`;

const FOLDER = resolve('.graft', 'test', 'load');

async function main() {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '600' },
      'overload-seconds': { type: 'string', default: '60' },
      predictions: { type: 'string', default: '100000' },
      model: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(HELP);
  const whole = (option: 'seconds' | 'overload-seconds' | 'predictions') => {
    const value = Number(values[option]);
    if (Number.isInteger(value) && value >= 1) return value;
    throw new InvalidInputError(`--${option} "${values[option]}" is not a whole number from 1`);
  };
  const [halfSeconds, overloadSeconds] = [whole('seconds'), whole('overload-seconds')];
  const predictions = whole('predictions');
  const root = values.model === undefined ? FOLDER : resolve(values.model, '..');
  if (values.model === undefined) {
    await rm(FOLDER, { recursive: true, force: true });
    await makeServedModel(join(FOLDER, 'model'), { labels: ['apple', 'pear'], size: 224 });
  }
  const image = await sharp({
    create: {
      width: 400,
      height: 534,
      channels: 3,
      background: 'white',
      noise: { type: 'gaussian', mean: 128, sigma: 30 },
    },
  })
    .jpeg({ quality: 85 })
    .toBuffer();
  const serve = await startServe(root, availableParallelism());
  try {
    const target = { port: serve.port, memory: () => serve.memory().now };
    const options = { image, measureSeconds: 10, halfSeconds, overloadSeconds, predictions };
    const result = await runLoad(target, options);
    const problems = [...problemsOf(result), ...memoryProblems(result)];
    report(result, problems);
    if (values.json) console.log(JSON.stringify({ ...figures(result), problems }));
    process.exitCode = problems.length === 0 ? 0 : 1;
  } finally {
    await serve.stop();
  }
}

const rounded = (value: number) => Number(value.toFixed(1));

function figures({ capacity, half, overload, recoveryMs, many }: LoadResult) {
  const phase = ({ statuses, milliseconds, sent }: LoadResult['overload']) => ({
    sentPerSecond: rounded(sent),
    statuses,
    p50: rounded(percentile(milliseconds, 0.5)),
    p99: rounded(percentile(milliseconds, 0.99)),
  });
  return {
    capacity: rounded(capacity),
    half: { ...phase(half), memory: half.memory },
    overload: phase(overload),
    recoveryMs: recoveryMs === null ? null : Math.round(recoveryMs),
    many: { ...phase(many), memory: many.memory },
  };
}

function report(result: LoadResult, problems: readonly string[]): void {
  const { capacity, half, overload, recoveryMs, many } = figures(result);
  console.log(`Capacity: ${capacity} predictions a second.`);
  const line = (name: string, phase: typeof overload) =>
    console.log(
      `${name}: ${phase.sentPerSecond} requests a second, p50 ${phase.p50} ms, p99 ${phase.p99} ms, answers ${JSON.stringify(phase.statuses)}`,
    );
  line('Half', half);
  line('Ten times', overload);
  line('Afterwards', many);
  console.log(`As fast as before ${recoveryMs ?? 'never'} ms after the overload.`);
  for (const [name, { memory }] of Object.entries({ half, afterwards: many })) {
    console.log(`Memory ${name}: ${memory.least} to ${memory.most} MiB.`);
  }
  for (const problem of problems) console.error(problem);
  console.log(`${problems.length === 0 ? 1 : 0} passed, ${problems.length === 0 ? 0 : 1} failed`);
}

await main().catch((error) => {
  console.error(describeError(error));
  process.exitCode = 1;
});
