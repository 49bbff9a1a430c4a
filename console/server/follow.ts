import { setTimeout as sleep } from 'node:timers/promises';
import { DescribeStateMachineForExecutionCommand } from '@aws-sdk/client-sfn';
import { inputOf } from '#cloud/promotions/executions.ts';
import type { Mode } from '#core/contracts/evaluation.ts';
import { executionArnOf, trainingJobName } from '#core/names.ts';
import type { PromotionEvents, StateProgress } from '../contracts/promotions.ts';
import { describeExecution, executionRow } from './executions.ts';
import { graphOf } from './graph.ts';
import { domainsOf, historyReader, progressOf } from './history.ts';
import { gateSection, openApproval, readReport } from './promotion-records.ts';
import type { ConsoleServices } from './services.ts';
import { trainingLogReader } from './training-log.ts';

type Event = {
  [Name in keyof PromotionEvents]: { event: Name; data: PromotionEvents[Name] };
}[keyof PromotionEvents];

interface Subject {
  execution: string;
  domain: string;
}

/** Tells everything about one domain's promotion, and what changes about it until it has ended. */
export async function* followPromotion(
  services: ConsoleServices,
  subject: Subject,
  signal: AbortSignal,
): AsyncGenerator<Event> {
  const { sfn, stateMachineArn, lookMs } = services;
  const { execution, domain } = subject;
  const executionArn = executionArnOf(stateMachineArn, execution);
  const changes = onlyChanges();
  let described = await describeExecution(services, execution);
  yield* changes('promotion', executionRow(described));
  const { definition } = await sfn.send(new DescribeStateMachineForExecutionCommand({ executionArn }));
  yield* changes('graph', graphOf(definition!));
  const readHistory = historyReader(sfn, executionArn);
  const trainings = await trainingsOf(services, subject, inputOf(described));
  let domains: string[] | undefined;
  for (;;) {
    // Read first: what ends between the two readings is told once more in the next round.
    described = await describeExecution(services, execution);
    const row = executionRow(described);
    domains ??= await domainsOf(sfn, executionArn);
    const states = progressOf(await readHistory(), domains?.indexOf(domain));
    yield* changes('promotion', row);
    yield* changes('states', states);
    for (const { mode, job, reusedFrom, read } of trainings) {
      const { points, fresh } = await read();
      const reused = reusedFrom === undefined ? {} : { reusedFrom };
      if (points.length > 0) yield* changes('curve', { mode, job, points, ...reused }, mode);
      if (fresh.length > 0) yield { event: 'log', data: { mode, lines: fresh } };
    }
    yield* recordsOf(services, subject, states, changes);
    if (row.status !== 'RUNNING') {
      yield { event: 'end', data: { status: row.status } };
      return;
    }
    await sleep(lookMs, undefined, { signal });
  }
}

/** What the states that have ended have written. */
async function* recordsOf(
  services: ConsoleServices,
  subject: Subject,
  states: readonly StateProgress[],
  changes: ReturnType<typeof onlyChanges>,
): AsyncGenerator<Event> {
  const state = (name: string) => states.find((each) => each.name === name);
  const isDone = (name: string) => state(name)?.endedAt !== undefined;
  if (isDone('EvaluateGate')) {
    const section = await gateSection(services, subject);
    if (section !== undefined) yield* changes('gate', section);
  }
  const asks = state('AwaitApproval')?.status === 'running';
  yield* changes('approval', asks ? ((await openApproval(services, subject)) ?? null) : null);
  if (isDone('FinishDomain')) {
    const outcome = await services.store.outcomes.find(subject);
    if (outcome !== undefined) {
      yield* changes('outcome', { outcome: outcome.outcome, reason: outcome.reason });
    }
  }
  const written = ['WriteReport', 'WriteApprovalReport']
    .map(state)
    .find((each) => each?.endedAt !== undefined);
  if (written === undefined || !changes.isNew('written', written.endedAt)) return;
  const report = await readReport(services, subject);
  if (report !== undefined) yield* changes('report', report);
}

/** The jobs whose curves belong to a promotion: its own, or the earlier one's that it takes again. */
async function trainingsOf(
  { store, logs, prefix }: ConsoleServices,
  { execution, domain }: Subject,
  input: ReturnType<typeof inputOf>,
) {
  if (input === undefined || 'rollback' in input) return [];
  const trainedBy = input.gateOnly?.trainingOf ?? execution;
  const reuse = await store.baselines.findReuse(trainedBy, domain);
  return (['transfer', 'baseline'] as const).map((mode: Mode) => {
    const own = trainingJobName(prefix, trainedBy, domain, mode);
    const job = mode === 'baseline' ? (reuse?.job ?? own) : own;
    const reusedFrom = mode === 'baseline' ? reuse?.reusedFrom : undefined;
    return { mode, job, reusedFrom, read: trainingLogReader(logs, job) };
  });
}

/** Passes an event on if its data are not those that were told last. */
function onlyChanges() {
  const told = new Map<string, string>();
  function isNew(key: string, data: unknown): boolean {
    const text = JSON.stringify(data);
    if (told.get(key) === text) return false;
    told.set(key, text);
    return true;
  }
  function* changes<Name extends keyof PromotionEvents>(
    event: Name,
    data: PromotionEvents[Name],
    part = '',
  ): Generator<Event> {
    if (isNew(`${event} ${part}`, data)) yield { event, data } as Event;
  }
  return Object.assign(changes, { isNew });
}
