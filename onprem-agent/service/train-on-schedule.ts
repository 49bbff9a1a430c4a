import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { trainingFolderOf } from '../model-folder/output-folder.ts';
import type { CommandEnd } from './run-graft.ts';
import { lookOf } from './settle.ts';
import type { Taken } from './taken.ts';

/** What the service trains again and again. */
export interface ScheduledTraining {
  images: string;
  /** Where the model goes. The next one replaces it. */
  out: string;
}

/** What becomes of a training. */
export type TrainingState = ScheduledTraining & {
  at: Date;
  /** Of the schedule. */
  next: Date | null;
} & (
    | { state: 'training'; isContinued: boolean }
    | { state: 'trained' }
    | { state: 'failed'; code: number; reason: string }
    /** The images are those of the model that is there. */
    | { state: 'unchanged' }
    /** There is no folder of images. */
    | { state: 'missing' }
  );

export interface TrainingsOptions {
  trainings: readonly ScheduledTraining[];
  /** The first time of the schedule after a moment; null where there is none. */
  nextAfter(moment: Date): Date | null;
  taken: Taken;
  /** Runs `graft` with these words. */
  run(words: readonly string[]): Promise<CommandEnd>;
  /** Is told whenever something about a training changes. */
  onState(state: TrainingState): void | Promise<void>;
  /** Wall clock: schedules are in its time. */
  clock(): Date;
}

/** Milliseconds after which a training that failed is tried again. */
const AGAIN_MS = 15 * 60_000;
/** What is noted before the images' look as long as their training has not ended. */
const BEGUN = 'begun ';

/**
 * Trains at the times of a schedule, one training after another. One that a kill or a reboot interrupted goes
 * on at once; a time that passed while the service did not run is made up for.
 */
export function createTrainings(options: TrainingsOptions) {
  const { trainings, nextAfter, taken, run, onState, clock } = options;
  const startedAt = clock();
  const tries = new Map<string, { at: Date; hasFailed: boolean }>();

  const isDue = async ({ out }: ScheduledTraining, isInterrupted: boolean): Promise<boolean> => {
    const tried = tries.get(out);
    if (tried === undefined && isInterrupted) return true;
    if (tried?.hasFailed && clock().getTime() - tried.at.getTime() >= AGAIN_MS) return true;
    const next = nextAfter(tried?.at ?? (await madeAt(out)) ?? startedAt);
    return next !== null && next <= clock();
  };

  /** @returns whether it has failed */
  const train = async (training: ScheduledTraining, isInterrupted: boolean): Promise<boolean> => {
    const { images, out } = training;
    const common = () => ({ ...training, at: clock(), next: nextAfter(clock()) });
    const look = await lookOf(images);
    if (look === undefined) {
      await onState({ ...common(), state: 'missing' });
      return false;
    }
    // Not the model's own folder: what is noted about that one is whether it is uploaded.
    const key = trainingFolderOf(out);
    const noted = await taken.noted(key);
    if (!isInterrupted && noted === look) {
      await onState({ ...common(), state: 'unchanged' });
      return false;
    }
    // Another one, which a person has begun, is not for the service to throw away.
    const isOfOtherImages = isInterrupted && noted?.startsWith(BEGUN) && noted !== BEGUN + look;
    await taken.note(key, BEGUN + look);
    await onState({ ...common(), state: 'training', isContinued: isInterrupted && !isOfOtherImages });
    const { code, last } = await run([
      ...['train', images, '--out', out, '--force'],
      ...(isOfOtherImages ? ['--restart'] : []),
    ]);
    if (code === 0) await taken.note(key, look);
    const reason = last.message ?? `code ${code}`;
    await onState({
      ...common(),
      ...(code === 0 ? { state: 'trained' } : { state: 'failed', code, reason }),
    });
    return code !== 0;
  };

  return {
    /** Does what is due. */
    async look(): Promise<void> {
      for (const training of trainings) {
        const isInterrupted = await isThere(trainingFolderOf(training.out));
        if (!(await isDue(training, isInterrupted))) continue;
        const at = clock();
        tries.set(training.out, { at, hasFailed: await train(training, isInterrupted) });
      }
    },
  };
}

const madeAt = (out: string): Promise<Date | undefined> =>
  stat(join(out, 'manifest.json')).then(
    ({ mtime }) => mtime,
    () => undefined,
  );

const isThere = (folder: string): Promise<boolean> =>
  readdir(folder).then(
    (names) => names.length > 0,
    () => false,
  );
