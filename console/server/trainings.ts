import type { inputOf } from '#cloud/promotions/executions.ts';
import { findTrainingBill } from '#cloud/training/training-bills.ts';
import type { Mode } from '#core/contracts/evaluation.ts';
import { trainingJobName } from '#core/names.ts';
import type { BilledJob } from '#core/report/compose.ts';
import type { StateProgress } from '../contracts/promotions.ts';
import type { ConsoleServices } from './services.ts';
import { type TrainingLog, trainingLogReader } from './training-log.ts';

/** The states that wait for the jobs. */
export const TRAINING_STATES: Readonly<Record<Mode, string>> = {
  transfer: 'StartFineTuning',
  baseline: 'StartBaseline',
};

interface TrainingJob {
  job: string;
  /** Execution that ran it, where an earlier one's is used again. */
  reusedFrom?: string | undefined;
}

export interface FollowedTraining {
  mode: Mode;
  /** The job as it is known now: whose baseline is used again turns out when StartBaseline runs. */
  find(): Promise<TrainingJob>;
  read(): Promise<TrainingLog>;
}

/** The jobs whose curves belong to a promotion: its own, or the earlier one's that it takes again. */
export function trainingsOf(
  { store, logs, prefix }: ConsoleServices,
  { execution, domain }: { execution: string; domain: string },
  input: ReturnType<typeof inputOf>,
): FollowedTraining[] {
  if (input === undefined || 'rollback' in input) return [];
  const again = input.gateOnly?.trainingOf;
  const trainedBy = again ?? execution;
  return (['transfer', 'baseline'] as const).map((mode) => {
    const own = { job: trainingJobName(prefix, trainedBy, domain, mode), reusedFrom: again };
    let reused: TrainingJob | undefined;
    let reader: { job: string; read: () => Promise<TrainingLog> } | undefined;
    async function find(): Promise<TrainingJob> {
      if (mode === 'baseline') reused ??= await store.baselines.findReuse(trainedBy, domain);
      return reused ?? own;
    }
    async function read(): Promise<TrainingLog> {
      const { job } = await find();
      if (reader?.job !== job) reader = { job, read: trainingLogReader(logs, job) };
      return reader.read();
    }
    return { mode, find, read };
  });
}

/** Asks for the bill of each job once its state has ended. */
export function billReader(
  { sagemaker }: Pick<ConsoleServices, 'sagemaker'>,
  trainings: readonly FollowedTraining[],
) {
  const bills = new Map<Mode, BilledJob | undefined>();
  return async function read(states: readonly StateProgress[]): Promise<BilledJob[]> {
    const isOver = (name: string) => states.find((state) => state.name === name)?.endedAt !== undefined;
    for (const { mode, find } of trainings) {
      if (bills.has(mode) || !(isOver(TRAINING_STATES[mode]) || isOver('FindTraining'))) continue;
      const { job, reusedFrom } = await find();
      // The rest of the page does without, for a person who may not ask.
      const bill = await findTrainingBill(sagemaker, mode, job, reusedFrom).catch(() => undefined);
      bills.set(mode, bill);
    }
    return [...bills.values()].filter((bill) => bill !== undefined);
  };
}
