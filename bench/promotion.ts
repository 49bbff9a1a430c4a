import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeError, InvalidInputError } from '#core/errors.ts';
import { scriptedContainer } from '../test/statemachines/container.ts';
import { type FanOut, measureFanOut } from './promotion/fan-out.ts';
import { type MeasuredPromotion, measurePromotion } from './promotion/measure.ts';
import { costOfUsage, orchestrationPrices, type Usage } from './promotion/prices.ts';
import { type PromotionStack, startPromotionStack } from './promotion/stack.ts';
import { canWatchMemory, peakByCommand } from './shared/process-memory.ts';
import { median } from './shared/summary.ts';

// The SDK's versions are pinned; what later ones will need is not the reader's concern here.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

const HELP = `npm run bench:promotion -- [--rounds 5] [--domains 100] [--states] [--json]

What orchestration costs in time, money and memory: the packaged stack in the local AWS, with its real state machine and functions, and a
container that learns nothing. Each round starts afresh: a first deployment with every function cold, then two updates.

  --rounds N     of first deployment and two updates           5
  --domains N    fanned out from one model; 0 for none       100
  --states       print the median time of every state
  --json         last line: {overheadSeconds, promotion, fanOut}`;

const TARGET_MS = 3_000;
const UPDATES = 2;
const DOMAIN = 'bench';

const kinds = ['first', 'update'] as const;
type Measured = Record<(typeof kinds)[number], MeasuredPromotion[]>;

/** Versions in the order of their numbers. */
const version = (n: number) => `20261110T${String(n).padStart(4, '0')}00Z-${String(n).padStart(6, '0')}`;

/** Runs something with a stack of its own. Its folder is removed afterwards, unless something failed. */
async function withFolder<T>(run: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'graft-bench-'));
  try {
    const result = await run(folder);
    await rm(folder, { recursive: true, force: true });
    return result;
  } catch (error) {
    console.error(`What the local AWS logged and kept is in ${folder}`);
    throw error;
  }
}

async function withStack<T>(
  folder: string,
  container: string,
  use: (stack: PromotionStack) => Promise<T>,
): Promise<T> {
  const stack = await startPromotionStack(folder, container);
  try {
    return await use(stack);
  } finally {
    await stack.stop();
  }
}

async function measureRound(container: string, measured: Measured): Promise<void> {
  await withFolder(async (folder) => {
    await withStack(folder, container, (stack) => stack.pushDomains([DOMAIN]));
    // Started again, so that no function is warm from the domain's arrival.
    await withStack(folder, container, async (stack) => {
      measured.first.push(await measurePromotion(stack, DOMAIN, version(1)));
      for (let n = 0; n < UPDATES; n++) {
        measured.update.push(await measurePromotion(stack, DOMAIN, version(2 + n)));
      }
    });
  });
}

const medianOf = <T>(all: readonly T[], value: (one: T) => number) => median(all.map(value));
const seconds = (milliseconds: number) => (milliseconds / 1000).toFixed(2).padStart(7);

function printOverhead(measured: Measured): void {
  console.log('Manifest uploaded → endpoint in service, median seconds       first   update');
  const row = (name: string, value: (one: MeasuredPromotion) => number) =>
    console.log(
      `  ${name.padEnd(56)}${kinds.map((kind) => seconds(medianOf(measured[kind], value))).join('  ')}`,
    );
  row('total', ({ totalMs }) => totalMs);
  row('− training jobs, from creation to end', ({ shares }) => shares.jobs);
  row('− serving container, from its start until it listens', ({ shares }) => shares.container);
  row(`= orchestration (target ≤ ${TARGET_MS / 1000})`, ({ overheadMs }) => overheadMs);
  row('    Lambda environments starting', ({ shares }) => shares.coldStarts);
  row('    Lambda functions running', ({ shares }) => shares.functions);
  row('    Step Functions, events, SageMaker', ({ shares }) => shares.rest);
  row('afterwards: golden images, outcome, registry, report', ({ afterwardsMs }) => afterwardsMs);
  const range = kinds.map((kind) => {
    const values = measured[kind].map(({ overheadMs }) => overheadMs / 1000);
    return `${kind} ${Math.min(...values).toFixed(2)}–${Math.max(...values).toFixed(2)} of ${values.length}`;
  });
  console.log(`  orchestration from least to most: ${range.join(', ')}`);
}

/** Of all measured promotions of a kind. */
function medianUsage(promotions: readonly MeasuredPromotion[]): Usage {
  const of = (key: keyof Usage) => medianOf(promotions, ({ usage }) => usage[key]);
  return {
    transitions: of('transitions'),
    lambdaRequests: of('lambdaRequests'),
    lambdaMs: of('lambdaMs'),
    lambdaGbSeconds: of('lambdaGbSeconds'),
    s3Writes: of('s3Writes'),
    s3Reads: of('s3Reads'),
  };
}

function printUsage(measured: Measured): void {
  const usages = kinds.map((kind) => medianUsage(measured[kind]));
  const costs = usages.map(costOfUsage);
  console.log('\nOne promotion of one domain, medians                           first   update');
  const row = (name: string, values: readonly number[], digits = 0) =>
    console.log(`  ${name.padEnd(56)}${values.map((value) => value.toFixed(digits).padStart(8)).join(' ')}`);
  row(
    'state transitions',
    usages.map(({ transitions }) => transitions),
  );
  row(
    'Lambda requests',
    usages.map(({ lambdaRequests }) => lambdaRequests),
  );
  row(
    'Lambda milliseconds, billed',
    usages.map(({ lambdaMs }) => lambdaMs),
  );
  row(
    'Lambda GB-seconds',
    usages.map(({ lambdaGbSeconds }) => lambdaGbSeconds),
    3,
  );
  row(
    'S3 requests of the functions, PUT and LIST',
    usages.map(({ s3Writes }) => s3Writes),
  );
  row(
    'S3 requests of the functions, GET and HEAD',
    usages.map(({ s3Reads }) => s3Reads),
  );
  const cents = (name: 'stepFunctions' | 'lambda' | 's3' | 'total') => costs.map((cost) => cost[name] * 100);
  row('US cents for Step Functions', cents('stepFunctions'), 4);
  row('US cents for Lambda', cents('lambda'), 4);
  row('US cents for S3 requests', cents('s3'), 4);
  row('US cents in all', cents('total'), 4);
  const { region, recordedAt } = orchestrationPrices;
  console.log(`  List prices of ${region}, written down on ${recordedAt}, without free tiers; not in it: training, endpoints,
  logs, traces, notices. Events of AWS services on the default bus are free. Milliseconds are those of this machine,
  whose functions have a whole core: Lambda gives them memory / 1,769 MB of one.`);
}

function printStates({ update }: Measured): void {
  console.log('\nState, median milliseconds of an update, waiting for jobs and endpoint included');
  const names = [...new Set(update.flatMap(({ states }) => states.map(({ state }) => state)))];
  for (const name of names) {
    const all = update.flatMap(({ states }) => states.filter(({ state }) => state === name));
    console.log(
      `  ${name.padEnd(24)}${medianOf(all, ({ milliseconds }) => milliseconds)
        .toFixed(0)
        .padStart(8)}`,
    );
  }
}

function printFanOut(fanOut: FanOut): void {
  const { domains, outcomes, historyEvents, greatestState, memory } = fanOut;
  console.log(`\n${domains} domains from one general model`);
  console.log(
    `  outcomes          ${Object.entries(outcomes)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ')}`,
  );
  console.log(
    `  time              ${fanOut.seconds.toFixed(1)} s, ${(fanOut.seconds / domains).toFixed(2)} s a domain`,
  );
  console.log(`  history events    ${historyEvents} (Step Functions ends an execution at 25,000)`);
  console.log(`  greatest state    ${greatestState} bytes (of 262,144)`);
  console.log(`  peak memory       ${Math.round(memory.localAws.peakKb / 1024)} MB the local AWS itself`);
  console.log(
    `                    ${Math.round(memory.tree.totalKb / 1024)} MB with all of its ${memory.tree.processes - 1} child processes (shared pages counted once)`,
  );
  for (const { command, megabytes } of peakByCommand(memory.processes).slice(0, 4)) {
    console.log(`                    ${megabytes} MB the greatest ${command}`);
  }
}

const overheadOf = (promotions: readonly MeasuredPromotion[]) =>
  promotions.length === 0 ? null : medianOf(promotions, ({ overheadMs }) => overheadMs) / 1000;

function summaryOf(measured: Measured, fanOut: FanOut | undefined) {
  const promotion = Object.fromEntries(
    kinds.map((kind) => {
      const usage = measured[kind].length === 0 ? null : medianUsage(measured[kind]);
      return [kind, usage && { ...usage, usd: costOfUsage(usage).total }];
    }),
  );
  return {
    overheadSeconds: { first: overheadOf(measured.first), update: overheadOf(measured.update) },
    promotion,
    fanOut: fanOut && {
      domains: fanOut.domains,
      outcomes: fanOut.outcomes,
      seconds: fanOut.seconds,
      historyEvents: fanOut.historyEvents,
      greatestState: fanOut.greatestState,
      peakMegabytes: Math.round(fanOut.memory.tree.totalKb / 1024),
      processes: peakByCommand(fanOut.memory.processes),
    },
  };
}

function count(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0) return value;
  throw new InvalidInputError(`--${name} "${text}" is not a whole number from 0`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '5' },
      domains: { type: 'string', default: '100' },
      states: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(HELP);
  const rounds = count('rounds', values.rounds);
  const domains = count('domains', values.domains);
  if (domains > 0 && !canWatchMemory) {
    throw new InvalidInputError('Memory is read from /proc, which only Linux has', {
      hint: 'Use --domains 0.',
    });
  }
  const container = scriptedContainer();
  const measured: Measured = { first: [], update: [] };
  let fanOut: FanOut | undefined;
  try {
    for (let round = 1; round <= rounds; round++) await measureRound(container, measured);
    if (rounds > 0) {
      printOverhead(measured);
      if (values.states) printStates(measured);
      printUsage(measured);
    }
    if (domains > 0) {
      const names = Array.from({ length: domains }, (_, n) => `domain-${String(n).padStart(3, '0')}`);
      fanOut = await withFolder((folder) =>
        withStack(folder, container, (stack) => measureFanOut(stack, names, version(1))),
      );
      printFanOut(fanOut);
    }
  } finally {
    await rm(container, { recursive: true, force: true });
  }
  if (values.json) console.log(JSON.stringify(summaryOf(measured, fanOut)));
  const held = [overheadOf(measured.first), overheadOf(measured.update)].every(
    (overhead) => overhead === null || overhead * 1000 <= TARGET_MS,
  );
  if (fanOut !== undefined && fanOut.outcomes.DEPLOYED !== domains) {
    console.error('Not every domain was deployed.');
    process.exitCode = 1;
  }
  if (!held) {
    console.error(`Orchestration takes longer than ${TARGET_MS / 1000} s.`);
    process.exitCode = 1;
  }
}

await main().catch((error) => {
  console.error(describeError(error));
  process.exitCode = 1;
});
