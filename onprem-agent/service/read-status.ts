import { readdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { AgentStatus, SpooledModel } from '#core/contracts/agent-status.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { readActivity } from '../spool/activity.ts';
import { type Entry, listEntries, readFailure } from '../spool/entry.ts';
import { lockHolder } from '../spool/lock.ts';
import { listResults } from '../spool/result.ts';
import { serviceOf } from '../spool/service.ts';
import { spoolIn } from '../state-folder.ts';
import { UNLIMITED } from '../upload/bandwidth.ts';
import { readBandwidth } from '../upload/bandwidth-file.ts';
import { readTrainings } from './training-record.ts';

/** Results that are told. */
const RESULTS = 5;

/** Everything that the state folder says about uploads and trainings; it may change meanwhile. */
export async function readStatus(state: string): Promise<AgentStatus> {
  const service = await serviceOf(state);
  const { entries, damaged } = await listEntries(spoolIn(state));
  const results = (await listResults(state)).slice(0, RESULTS);
  return {
    schemaVersion: 1,
    host: hostname(),
    agentVersion: packageJson.version,
    state,
    service: service === undefined ? null : { pid: service.pid, since: service.since },
    bandwidth: bandwidthOf(state),
    trainings: await readTrainings(state),
    spool: await Promise.all(entries.map((entry) => describe(entry, service !== undefined))),
    damaged: damaged.map(({ folder, error }) => ({ folder, reason: error.message })),
    results: results.map(({ id, model, version, finishedAt, seconds, bytes, uri }) => {
      return { id, model, version, finishedAt, seconds, bytes, uri };
    }),
  };
}

async function describe({ folder, record }: Entry, isServed: boolean): Promise<SpooledModel> {
  const { id, model, version, spooledAt, files } = record;
  const destination = record.destination.stack ?? record.destination.bucket;
  const fields = {
    ...{ id, model, version, spooledAt },
    bytes: files.reduce((total, { size }) => total + size, 0),
    ...(destination === undefined ? {} : { destination }),
  };
  const holder = await lockHolder(folder);
  const activity = await readActivity(folder);
  if (holder !== undefined && activity !== undefined) {
    const { done, rate, waits } = activity;
    if (waits === undefined) return { ...fields, state: 'uploading', done, rate };
    return { ...fields, state: 'trying', done, rate, reason: waits };
  }
  if (holder !== undefined) return { ...fields, state: 'uploading' };
  const failure = await readFailure(folder);
  if (failure !== undefined) {
    const hint = failure.hint === undefined ? {} : { hint: failure.hint };
    return { ...fields, state: 'failed', reason: failure.message, failedAt: failure.at, ...hint };
  }
  const parts = await readdir(join(folder, 'parts')).catch(() => []);
  const reason = isServed ? 'waits for its turn' : 'waits for `graft watch`, or the same `graft push` again';
  return {
    ...fields,
    state: 'waiting',
    reason: parts.length > 0 ? `${reason}; some of it has arrived` : reason,
  };
}

/** No limit where the file is damaged: it is only looked at. */
function bandwidthOf(state: string): string {
  try {
    return readBandwidth(state).text;
  } catch {
    return UNLIMITED.text;
  }
}
