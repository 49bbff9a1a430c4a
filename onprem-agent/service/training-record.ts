import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { type TrainingRecord, trainingRecordSchema } from '#core/contracts/agent-status.ts';
import type { Output } from '../cli/output.ts';
import { replaceFile } from '../spool/replace-file.ts';
import type { TrainingState } from './train-on-schedule.ts';

const trainingsSchema = z.array(trainingRecordSchema);

const fileOf = (state: string) => join(state, 'trainings.json');

/** Keeps the last state of each training. */
export async function writeTraining(state: string, { at, next, ...change }: TrainingState): Promise<void> {
  const { images, out } = change;
  const reason = change.state === 'failed' ? { reason: change.reason } : {};
  const times = { at: at.toISOString(), next: next?.toISOString() ?? null };
  const others = (await readTrainings(state)).filter((each) => each.out !== out);
  const records: TrainingRecord[] = [...others, { images, out, state: change.state, ...times, ...reason }];
  await replaceFile(fileOf(state), JSON.stringify(records));
}

/** @returns none where nothing was trained yet, or where the file is damaged: it is only looked at */
export async function readTrainings(state: string): Promise<TrainingRecord[]> {
  try {
    return trainingsSchema.parse(JSON.parse(await readFile(fileOf(state), 'utf8')));
  } catch {
    return [];
  }
}

/** Says it where the service is watched. */
export function tellTraining(change: TrainingState, output: Output): void {
  const { images, out, state } = change;
  if (state === 'missing') {
    output.warn({ images }, `"${images}": there is no such folder`);
    return;
  }
  if (state === 'failed') {
    output.warn({ images, code: change.code }, `"${images}": ${change.reason}`);
    return;
  }
  const text = {
    training: `the training ${change.state === 'training' && change.isContinued ? 'goes on' : 'begins'}, for "${out}"`,
    trained: `trained, the model is in "${out}"`,
    unchanged: 'no image has changed, nothing is trained',
  }[state];
  const isContinued = state === 'training' ? { isContinued: change.isContinued } : {};
  output.note(state, { images, out, ...isContinued }, `"${images}": ${text}`);
}
