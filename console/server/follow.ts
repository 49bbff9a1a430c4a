import { setTimeout as sleep } from 'node:timers/promises';
import { DescribeStateMachineForExecutionCommand } from '@aws-sdk/client-sfn';
import { inputOf } from '#cloud/promotions/executions.ts';
import { executionArnOf } from '#core/names.ts';
import { listPrices } from '#core/prices.ts';
import { type BilledJob, withCost } from '#core/report/compose.ts';
import type { Bill, PromotionEvents, StateProgress } from '../contracts/promotions.ts';
import { describeExecution, executionRow } from './executions.ts';
import { functionLogReader } from './function-log.ts';
import { graphOf } from './graph.ts';
import { domainsOf, historyReader, progressOf } from './history.ts';
import { interimSections } from './interim-report.ts';
import { openApproval, readReport } from './promotion-records.ts';
import type { ConsoleServices } from './services.ts';
import { billReader, TRAINING_STATES, trainingsOf } from './trainings.ts';

/** The functions' logs are read with each third look: a region allows few such requests. */
const LOOKS_PER_LOG = 3;
/** Looks after the end of an execution: the last lines of logs come late. */
const LAST_LOOKS = 5;

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
  const { sfn, stateMachineArn, lookMs, now } = services;
  const { execution, domain } = subject;
  const executionArn = executionArnOf(stateMachineArn, execution);
  const changes = onlyChanges();
  let described = await describeExecution(services, execution);
  yield* changes('promotion', executionRow(described));
  const { definition } = await sfn.send(new DescribeStateMachineForExecutionCommand({ executionArn }));
  yield* changes('graph', graphOf(definition!));
  const readHistory = historyReader(sfn, executionArn);
  const input = inputOf(described);
  const trainings = trainingsOf(services, subject, input);
  const version = input === undefined || 'rollback' in input ? undefined : input.version;
  const readFunctions = functionLogReader(services.logs, definition!, { ...subject, version });
  const readBills = billReader(services, trainings);
  let domains: string[] | undefined;
  for (let look = 0; ; look++) {
    // Read first: what ends between the two readings is told once more in the next round.
    described = await describeExecution(services, execution);
    const row = executionRow(described);
    domains ??= await domainsOf(sfn, executionArn);
    const states = progressOf(await readHistory(), domains?.indexOf(domain));
    yield* changes('promotion', row);
    yield* changes('states', states);
    for (const { mode, find, read } of trainings) {
      const { points, fresh } = await read();
      const { job, reusedFrom } = await find();
      const reused = reusedFrom === undefined ? {} : { reusedFrom };
      if (points.length > 0) yield* changes('curve', { mode, job, points, ...reused }, mode);
      if (fresh.length > 0) yield { event: 'log', data: { of: mode, lines: fresh } };
    }
    const jobs = await readBills(states);
    if (jobs.length > 0) yield* changes('bills', billsOf(jobs));
    yield* recordsOf(services, subject, { states, jobs }, changes);
    const isOver = row.endedAt !== undefined && now() - Date.parse(row.endedAt) > LAST_LOOKS * lookMs;
    if (look % LOOKS_PER_LOG === 0 || isOver) {
      const lines = await readFunctions(states, now());
      if (lines.length > 0) yield { event: 'log', data: { of: 'functions', lines } };
    }
    if (isOver) {
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
  { states, jobs }: { states: readonly StateProgress[]; jobs: readonly BilledJob[] },
  changes: ReturnType<typeof onlyChanges>,
): AsyncGenerator<Event> {
  const state = (name: string) => states.find((each) => each.name === name);
  const ends = (...names: string[]) => names.map((name) => state(name)?.endedAt).filter(Boolean);
  const asks = state('AwaitApproval')?.status === 'running';
  yield* changes('approval', asks ? ((await openApproval(services, subject)) ?? null) : null);
  if (ends('FinishDomain').length > 0) {
    const outcome = await services.store.outcomes.find(subject);
    if (outcome !== undefined) {
      yield* changes('outcome', { outcome: outcome.outcome, reason: outcome.reason });
    }
  }
  const written = ends('EvaluateGate', 'WriteApprovalReport', 'ConfirmEndpoint', 'WriteReport');
  if (written.length === 0 || !changes.isNew('written', [...written, ...jobs])) return;
  // The person who is asked sees the whole report too; what has happened since is not in it.
  const isWritten = ends('WriteReport').length > 0 || (asks && ends('WriteApprovalReport').length > 0);
  const report = isWritten ? await readReport(services, subject) : undefined;
  yield* changes('report', report ?? (await interimSections(services, subject, jobs)));
}

function billsOf(jobs: readonly BilledJob[]): Record<string, Bill> {
  return Object.fromEntries(
    jobs.map((job) => {
      const { cost, billableSeconds } = withCost(job, listPrices);
      return [
        TRAINING_STATES[job.mode],
        { cost, ...(billableSeconds === undefined ? {} : { billableSeconds }) },
      ];
    }),
  );
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
