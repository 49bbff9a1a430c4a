import type { inputOf } from '#cloud/promotions/executions.ts';
import { findTrainingBill } from '#cloud/training/training-bills.ts';
import type { Mode } from '#core/contracts/evaluation.ts';
import { trainingJobName } from '#core/names.ts';
import type { BilledJob } from '#core/report/compose.ts';
import type { StateProgress } from '../contracts/promotions.ts';
import type { ConsoleServices } from './services.ts';
import { trainingLogReader } from './training-log.ts';

/** The states that wait for the jobs. */
export const TRAINING_STATES: Readonly<Record<Mode, string>> = {
  transfer: 'StartFineTuning',
  baseline: 'StartBaseline',
};

/** The jobs whose curves belong to a promotion: its own, or the earlier one's that it takes again. */
export async function trainingsOf(
  { store, logs, prefix }: ConsoleServices,
  { execution, domain }: { execution: string; domain: string },
  input: ReturnType<typeof inputOf>,
) {
  if (input === undefined || 'rollback' in input) return [];
  const again = input.gateOnly?.trainingOf;
  const trainedBy = again ?? execution;
  const reuse = await store.baselines.findReuse(trainedBy, domain);
  return (['transfer', 'baseline'] as const).map((mode) => {
    const own = trainingJobName(prefix, trainedBy, domain, mode);
    const job = mode === 'baseline' ? (reuse?.job ?? own) : own;
    const reusedFrom = (mode === 'baseline' ? reuse?.reusedFrom : undefined) ?? again;
    return { mode, job, reusedFrom, read: trainingLogReader(logs, job) };
  });
}

/** Asks for the bill of each job once its state has ended. */
export function billReader(
  { sagemaker }: Pick<ConsoleServices, 'sagemaker'>,
  trainings: Awaited<ReturnType<typeof trainingsOf>>,
) {
  const bills = new Map<Mode, BilledJob | undefined>();
  return async function read(states: readonly StateProgress[]): Promise<BilledJob[]> {
    const isOver = (name: string) => states.find((state) => state.name === name)?.endedAt !== undefined;
    for (const { mode, job, reusedFrom } of trainings) {
      if (bills.has(mode) || !(isOver(TRAINING_STATES[mode]) || isOver('FindTraining'))) continue;
      // The rest of the page does without, for a person who may not ask.
      const bill = await findTrainingBill(sagemaker, mode, job, reusedFrom).catch(() => undefined);
      bills.set(mode, bill);
    }
    return [...bills.values()].filter((bill) => bill !== undefined);
  };
}
