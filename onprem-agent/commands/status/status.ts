import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { agentCommand } from '../../cli/command.ts';
import { formatAmount, formatDuration } from '../../cli/progress-bar.ts';
import { readTrainings, type TrainingRecord } from '../../service/training-record.ts';
import { readActivity } from '../../spool/activity.ts';
import { type Entry, listEntries, readFailure } from '../../spool/entry.ts';
import { lockHolder } from '../../spool/lock.ts';
import { listResults } from '../../spool/result.ts';
import { serviceOf } from '../../spool/service.ts';
import { spoolFolder, stateFolder } from '../../state-folder.ts';
import { UNLIMITED } from '../../upload/bandwidth.ts';
import { readBandwidth } from '../../upload/bandwidth-file.ts';

/** Results that are shown. */
const RESULTS = 5;

export const status = agentCommand({
  args: {},
  examples: ['graft status', 'graft status --json'],
  async run({ io, output }) {
    const state = stateFolder(io.environment);
    const service = await serviceOf(state);
    const { entries, damaged } = await listEntries(spoolFolder(io.environment));
    const waiting = await Promise.all(entries.map((entry) => describe(entry, service !== undefined)));
    const results = (await listResults(state)).slice(0, RESULTS);
    const trainings = await readTrainings(state);
    const bandwidth = attempt(() => readBandwidth(state).text) ?? UNLIMITED.text;
    const lines = [
      service === undefined
        ? 'service   not running (`graft watch`)'
        : `service   process ${service.pid}, since ${service.since}`,
      `bandwidth ${bandwidth}`,
      ...trainings.map((each) => `training  ${trainingText(each, service !== undefined)}`),
      '',
      waiting.length === 0 ? 'Nothing waits in the spool.' : `In the spool (${spoolFolder(io.environment)}):`,
      ...waiting.map((each) => `  ${each.id}  ${formatAmount(each.bytes, 'B')}  ${each.text}`),
      ...damaged.map(({ folder, error }) => `  ${folder}  damaged: ${error.message}`),
      ...(results.length === 0 ? [] : ['', 'Done last:']),
      ...results.map(({ finishedAt, id, bytes, uri }) => {
        return `  ${finishedAt}  ${id}  ${formatAmount(bytes, 'B')}  ${uri}`;
      }),
    ];
    output.result(
      {
        command: 'status',
        state,
        service: service ?? null,
        bandwidth,
        trainings,
        spool: waiting.map(({ text: _text, ...fields }) => fields),
        damaged: damaged.map(({ folder, error }) => ({ folder, reason: error.message })),
        results,
      },
      lines.join('\n'),
    );
  },
});

function trainingText({ images, out, state, at, reason, next }: TrainingRecord, isServed: boolean): string {
  const what = {
    training: isServed ? `goes on since ${at}` : `was interrupted, goes on with \`graft watch\``,
    trained: `trained at ${at}`,
    failed: `failed at ${at}: ${reason}`,
    unchanged: `nothing has changed, seen at ${at}`,
    missing: `no such folder, seen at ${at}`,
  }[state];
  const then = isServed && next !== null && state !== 'training' ? `; next ${next}` : '';
  return `${images} for ${out}: ${what}${then}`;
}

async function describe({ folder, record }: Entry, isServed: boolean) {
  const bytes = record.files.reduce((total, { size }) => total + size, 0);
  const { id, model, version, spooledAt, destination } = record;
  const fields = {
    id,
    model,
    version,
    spooledAt,
    bytes,
    destination: destination.stack ?? destination.bucket,
  };
  const failure = await readFailure(folder);
  const holder = await lockHolder(folder);
  const activity = await readActivity(folder);
  if (holder !== undefined && activity !== undefined) {
    const { done, total, rate, waits } = activity;
    const left = rate > 0 ? `, ${formatDuration((total - done) / rate)} left` : '';
    const moves = `${Math.floor((100 * done) / Math.max(1, total))} %, ${formatAmount(rate, 'B')}/s${left}`;
    const text = waits === undefined ? `uploading, ${moves}` : `waits: ${waits}`;
    const reason = waits === undefined ? {} : { reason: waits };
    return { ...fields, state: waits === undefined ? 'uploading' : 'trying', done, rate, ...reason, text };
  }
  if (holder !== undefined) return { ...fields, state: 'uploading', text: `begins (process ${holder.pid})` };
  if (failure !== undefined) {
    const remedy = failure.hint === undefined ? '' : ` ${failure.hint}`;
    const text = `given up at ${failure.at}: ${failure.message}.${remedy}`;
    return { ...fields, state: 'failed', reason: failure.message, hint: failure.hint, text };
  }
  const parts = await readdir(join(folder, 'parts')).catch(() => []);
  const reason = isServed ? 'waits for its turn' : 'waits for `graft watch`, or the same `graft push` again';
  return {
    ...fields,
    state: 'waiting',
    reason,
    text: parts.length > 0 ? `${reason}; some of it has arrived` : reason,
  };
}

function attempt<T>(step: () => T): T | undefined {
  try {
    return step();
  } catch {
    return undefined;
  }
}
