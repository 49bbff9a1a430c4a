import { setTimeout as sleep } from 'node:timers/promises';
import type { Output } from '../cli/output.ts';
import { type Entry, listEntries, readFailure } from '../spool/entry.ts';
import type { Throttle } from '../upload/throttle.ts';
import { createDrain } from './drain.ts';
import { startHealthServer } from './health-server.ts';
import { metricsText, noCounts } from './metrics.ts';
import { readStatus } from './read-status.ts';
import { runGraft } from './run-graft.ts';
import { createSettling } from './settle.ts';
import { createTaking, type Watched } from './take-folders.ts';
import { openTaken } from './taken.ts';
import { createTrainings, type ScheduledTraining } from './train-on-schedule.ts';
import { tellTraining, writeTraining } from './training-record.ts';

/** Milliseconds between two looks at spool and folders. */
const LOOK_MS = 1000;
/** Milliseconds without a look after which the service counts as stuck. */
const STUCK_MS = 60_000;

export interface ServeOptions {
  spool: string;
  state: string;
  environment: NodeJS.ProcessEnv;
  throttle: Throttle;
  watched: readonly Watched[];
  trainings: readonly ScheduledTraining[];
  /** Of the schedule of the trainings, as `TrainingsOptions` has it. */
  nextAfter(moment: Date): Date | null;
  quietMs: number;
  marker: string;
  /** Undefined: no metrics. */
  metricsPort: number | undefined;
  output: Output;
  now(): number;
  signal: AbortSignal;
}

/**
 * Uploads the spool, takes folders and trains until it is told to stop. What is under way then goes on the
 * next time.
 */
export async function serve(options: ServeOptions): Promise<void> {
  const { spool, state, environment, throttle, output, now, signal } = options;
  const counts = noCounts();
  const rates = new Map<string, number>();
  let lookedAt = now();
  const named = ({ record }: Entry) => ({ id: record.id, model: record.model, version: record.version });
  const title = ({ record }: Entry) => `${record.model} ${record.version}`;
  const drain = createDrain({
    spool,
    state,
    environment,
    throttle,
    now,
    events: {
      onBegin: (entry) => output.note('begun', named(entry), `${title(entry)}: upload begins`),
      onProgress: (entry, { rate }) => rates.set(entry.record.id, rate),
      onTrouble: (entry, { trouble, error, failures, seconds }) => {
        if (trouble !== 'final') counts.troubles[trouble]++;
        rates.set(entry.record.id, 0);
        const isNews = (failures & (failures - 1)) === 0;
        const fields = { ...named(entry), trouble, failures, seconds };
        if (isNews) output.warn(fields, `${title(entry)}: ${error.message}; tried again without end`);
      },
      onRecovery: (entry) => output.note('recovered', named(entry), `${title(entry)}: the upload goes on`),
      onDone: (entry, result) => {
        rates.delete(entry.record.id);
        counts.uploads.done++;
        counts.bytesUploaded += result.bytes;
        counts.lastSuccess = Math.round(Date.now() / 1000);
        const { uri, committed, seconds } = result;
        output.note('uploaded', { ...named(entry), uri, committed, seconds }, `${title(entry)}: ${uri}`);
      },
      onGivenUp: (entry, error) => {
        rates.delete(entry.record.id);
        counts.uploads.givenUp++;
        output.warn(named(entry), `${title(entry)} is given up: ${(error as Error).message}`);
      },
      onDamaged: (folder, error) => output.warn({ folder }, error.message),
    },
    signal,
  });
  const taken = openTaken(state);
  const taking = createTaking({
    watched: options.watched,
    settling: createSettling({ quietMs: options.quietMs, marker: options.marker, now }),
    taken,
    run: (words) => runGraft(words, environment, signal),
    onTaken: (folder, { code, last }) => {
      if (code === 0) counts.taken.done++;
      else counts.taken.failed++;
      if (code === 0) output.note('taken', { folder }, `"${folder}" is taken`);
      else if (!signal.aborted)
        output.warn({ folder, code }, `"${folder}": ${last.message ?? `code ${code}`}`);
    },
    now,
  });
  const trainings = createTrainings({
    trainings: options.trainings,
    nextAfter: options.nextAfter,
    taken,
    run: (words) => runGraft(words, environment, signal),
    onState: async (change) => {
      if (signal.aborted) return;
      if (change.state === 'trained') counts.trainings.done++;
      if (change.state === 'failed') counts.trainings.failed++;
      tellTraining(change, output);
      await writeTraining(state, change);
    },
    clock: () => new Date(),
  });
  const health =
    options.metricsPort === undefined
      ? undefined
      : await startHealthServer({
          port: options.metricsPort,
          metrics: async () => metricsText(counts, { ...(await spoolGauges(spool)), rate: sum(rates) }),
          status: () => readStatus(state),
          unhealthy: () =>
            now() - lookedAt > STUCK_MS ? 'the service has not looked for a minute' : undefined,
        });
  const at = health === undefined ? '' : ` Metrics: http://127.0.0.1:${health.port}/metrics`;
  output.note('serving', { spool, ...(health && { port: health.port }) }, `Uploading from ${spool}.${at}`);
  try {
    // Checking a large domain takes long, a training longer, and uploads must not wait for them.
    const others = [taking, trainings].map(({ look }) =>
      oneAtATime(look, (error) => output.warn({}, error.message)),
    );
    while (!signal.aborted) {
      lookedAt = now();
      await drain.look();
      for (const other of others) other.begin();
      await sleep(LOOK_MS, undefined, { signal }).catch(() => {});
    }
    await Promise.all([drain.settled(), ...others.map((other) => other.settled())]);
  } finally {
    await health?.stop();
  }
}

/** Begins work again only when it has ended. */
function oneAtATime(work: () => Promise<void>, onError: (error: Error) => void) {
  let running: Promise<void> | undefined;
  return {
    begin() {
      running ??= work()
        .catch(onError)
        .finally(() => {
          running = undefined;
        });
    },
    settled: async () => running,
  };
}

async function spoolGauges(spool: string) {
  const { entries, damaged } = await listEntries(spool);
  let failed = damaged.length;
  let waitingBytes = 0;
  for (const { folder, record } of entries) {
    if ((await readFailure(folder)) !== undefined) failed++;
    waitingBytes += record.files.reduce((total, { size }) => total + size, 0);
  }
  return { waiting: entries.length + damaged.length - failed, failed, waitingBytes };
}

const sum = (rates: ReadonlyMap<string, number>) =>
  [...rates.values()].reduce((total, rate) => total + rate, 0);
