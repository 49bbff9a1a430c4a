import { setTimeout } from 'node:timers/promises';
import { createSender, type Seen } from './send.ts';

/** A `serve` that runs. */
export interface Target {
  port: number;
  /** Resident memory, MiB. */
  memory(): number;
}

export interface LoadOptions {
  image: Uint8Array;
  /** To measure the capacity. */
  measureSeconds: number;
  /** At half capacity. */
  halfSeconds: number;
  /** At ten times the capacity. */
  overloadSeconds: number;
  /** Predictions afterwards, one after another on a few connections. */
  predictions: number;
}

/** MiB. */
export interface MemoryRange {
  least: number;
  most: number;
}

export interface LoadResult {
  /** Answers a second of eight clients that ask one after another. */
  capacity: number;
  half: Seen & { memory: MemoryRange };
  overload: Seen;
  /** Milliseconds after the overload until an answer takes as long as before; null when it never does. */
  recoveryMs: number | null;
  many: Seen & { memory: MemoryRange };
}

const CLIENTS = 8;
const OVERLOAD = 10;
const RECOVERY_LIMIT_MS = 30_000;
const SAMPLE_MS = 1_000;
/** Of a phase, until memory has got to its size. */
const WARM_UP_SHARE = 0.3;

/** Loads a server as `npm run test:load` says, phase by phase. */
export async function runLoad({ port, memory }: Target, options: LoadOptions): Promise<LoadResult> {
  const sender = createSender(port, options.image);
  try {
    const end = performance.now() + options.measureSeconds * 1000;
    const measured = await sender.closed({ clients: CLIENTS, until: () => performance.now() > end });
    const capacity = measured.milliseconds.length / options.measureSeconds;
    const half = await watched(memory, () =>
      sender.open({ perSecond: capacity / 2, seconds: options.halfSeconds }),
    );
    const usual = percentile(half.milliseconds, 0.95);
    const overload = await sender.open({ perSecond: OVERLOAD * capacity, seconds: options.overloadSeconds });
    const recoveryMs = await recovery(sender.once, usual);
    let left = options.predictions;
    const many = await watched(memory, () => sender.closed({ clients: CLIENTS, until: () => left-- <= 0 }));
    return { capacity, half, overload, recoveryMs, many };
  } finally {
    sender.end();
  }
}

/** Memory over a phase, without its beginning. */
async function watched(memory: () => number, phase: () => Promise<Seen>) {
  const samples: number[] = [memory()];
  let over = false;
  const sampling = (async () => {
    while (!over) {
      await setTimeout(SAMPLE_MS);
      samples.push(memory());
    }
  })();
  const seen = await phase();
  over = true;
  await sampling;
  const settled = samples.slice(Math.floor(samples.length * WARM_UP_SHARE));
  return { ...seen, memory: { least: Math.min(...settled), most: Math.max(...settled) } };
}

async function recovery(once: () => Promise<{ status: number; took: number }>, usual: number) {
  const began = performance.now();
  while (performance.now() - began < RECOVERY_LIMIT_MS) {
    const { status, took } = await once();
    if (status === 200 && took <= usual) return performance.now() - began;
  }
  return null;
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

const ALLOWED = new Set([200, 429, 503]);
const RECOVERY_MS = 5_000;
const MEMORY_SHARE = 0.1;

/** What a result shows that must not be: sentences, none when all is well. */
export function problemsOf(result: LoadResult): string[] {
  const problems: string[] = [];
  for (const [phase, { statuses }] of Object.entries({
    'at half capacity': result.half,
    'at ten times the capacity': result.overload,
    afterwards: result.many,
  })) {
    const wrong = Object.entries(statuses).filter(([status]) => !ALLOWED.has(Number(status)));
    for (const [status, count] of wrong) {
      problems.push(`${phase}: ${count} ${status === '0' ? 'connections broke' : `answers of ${status}`}`);
    }
  }
  const unserved = Object.keys(result.half.statuses).filter((status) => status !== '200');
  if (unserved.length > 0) problems.push(`at half capacity: answers of ${unserved.join(', ')}`);
  if (result.recoveryMs === null || result.recoveryMs > RECOVERY_MS) {
    problems.push(`answers take longer than before ${RECOVERY_MS / 1000} s after the overload`);
  }
  return problems;
}

/** Phases in which memory was not flat: its range is more than a tenth around its middle. */
export function memoryProblems(result: LoadResult): string[] {
  return Object.entries({ 'at half capacity': result.half, afterwards: result.many })
    .filter(([, { memory }]) => {
      const middle = (memory.least + memory.most) / 2;
      return memory.most - middle > MEMORY_SHARE * middle;
    })
    .map(([phase, { memory }]) => `${phase}: memory from ${memory.least} to ${memory.most} MiB`);
}
