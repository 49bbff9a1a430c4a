import { monotonicMs } from '#core/monotonic.ts';
import type { StepProgress } from './loop.ts';
import type { Replica } from './replica.ts';
import { type Point, type Setting, writeCheckpoint } from './training-checkpoints.ts';

/** Where and how often a training is saved: plain data, so that a thread can do it. */
export interface Keeping {
  folder: string;
  /** Seconds between two checkpoints, at least. 0: after every step. */
  everySeconds: number;
  settings: Record<string, Setting>;
  startedAt: string;
  /** Seconds that the training has taken before this run. */
  secondsBefore: number;
  /** On the clock of `monotonicMs`, when this run began. */
  beganAt: number;
  points: Point[];
  stepsPerEpoch: number;
}

/** Saving takes at most so much of the time, however long a checkpoint takes to write. */
const MOST_SHARE = 0.05;
/** A short epoch does not get a checkpoint of its own. */
const LEAST_SECONDS_BETWEEN = 5;

/**
 * Saves the training after a step where it is time: every so many seconds, at the end of an epoch, and when
 * it is asked to stop. When does not change the result.
 *
 * @param onNotice is told when nothing can be written; the training goes on
 */
export function keepCheckpoints(
  keeping: Keeping,
  onNotice: (message: string) => void = () => {},
): (progress: StepProgress, replica: Pick<Replica, 'save'>) => Promise<boolean> {
  const { folder, everySeconds, settings, startedAt, secondsBefore, beganAt, stepsPerEpoch } = keeping;
  const points = [...keeping.points];
  let savedAt = monotonicMs();
  let tookMs = 0;
  return async ({ state, steps, validated, isStopped }, replica) => {
    if (validated) {
      const { validationAccuracy, validationLoss } = validated;
      points.push({ step: state.step, validationAccuracy, validationLoss });
    }
    const sinceMs = monotonicMs() - savedAt;
    const isEpoch = state.step % stepsPerEpoch === 0 && sinceMs >= 1_000 * LEAST_SECONDS_BETWEEN;
    const isTime = sinceMs >= Math.max(1_000 * everySeconds, tookMs / MOST_SHARE);
    if (!isStopped && (state.step >= steps || !(isEpoch || isTime || everySeconds === 0))) return false;
    const began = monotonicMs();
    const seconds = secondsBefore + (began - beganAt) / 1_000;
    try {
      await writeCheckpoint(folder, { settings, startedAt, seconds, state, points, values: replica.save() });
      return true;
    } catch (error) {
      onNotice(`No checkpoint can be written in "${folder}": ${(error as Error).message}`);
      return false;
    } finally {
      savedAt = monotonicMs();
      tookMs = savedAt - began;
    }
  };
}
