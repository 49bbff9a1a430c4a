import type { OutcomeName } from '#core/contracts/outcome.ts';
import type { Evidence, ExecutionSeen } from './observe.ts';
import { liveBefore, type Plan, type Quality, type Start } from './schedule.ts';

/** What must never be, whatever happens. */
export interface Violation {
  kind: 'lost model' | 'wrong model live' | 'stuck';
  text: string;
}

/** What a run knows beside its plan and what it sees in the end. */
export interface Facts {
  plan: Plan;
  /** Every execution that was asked for, those of the recovery included. */
  starts: readonly Start[];
  /** Executions that an unrecoverable fault has struck: they may end as failed. */
  ruined: ReadonlySet<string>;
}

/** Outcomes that a model of this quality may come to, besides being superseded. */
const possible: Record<Quality, readonly OutcomeName[]> = {
  good: ['DEPLOYED'],
  poor: ['REJECTED'],
  liar: ['ROLLED_BACK'],
  mute: ['ROLLED_BACK'],
  // Where there was no endpoint, SageMaker has nothing to go back to.
  crasher: ['ROLLED_BACK', 'FAILED'],
};
const failures: readonly OutcomeName[] = ['FAILED', 'ROLLED_BACK'];
const moving = ['Creating', 'Updating', 'SystemUpdating', 'RollingBack', 'Deleting'];

/** Everything that is wrong after a run has settled. */
export function findViolations(facts: Facts, evidence: Evidence): Violation[] {
  return [...lost(facts, evidence), ...wrong(facts, evidence), ...stuck(evidence)];
}

/**
 * A lost model: an execution that ended without an outcome, or with one that nothing explains; or a good
 * model that in the end, after the automatic retries and the documented one (a new execution), neither is
 * live nor gave way to a newer one.
 */
function lost({ plan, starts, ruined }: Facts, evidence: Evidence): Violation[] {
  const found: Violation[] = [];
  const say = (text: string) => found.push({ kind: 'lost model', text });
  for (const start of starts) {
    const execution = evidence.executions.find(({ name }) => name === start.name);
    if (execution === undefined) {
      // Lambda gives an event up after three attempts; the person who reads the dead-letter queue starts the
      // promotion.
      if (!ruined.has(start.name)) say(`${start.name} was never started`);
    } else if (execution.status !== 'ABORTED' && execution.status !== 'RUNNING') {
      const { outcome } = execution;
      if (outcome === undefined) {
        if (!ruined.has(start.name) || execution.decision !== undefined)
          say(`${start.name} ended as ${execution.status} without an outcome.json: ${execution.cause ?? ''}`);
        continue;
      }
      const may = outcomesOf(plan, start, ruined.has(start.name));
      if (outcome.outcome === 'SUPERSEDED') {
        if (!wasOvertaken(plan, start, evidence))
          say(`${start.name} is SUPERSEDED by nothing newer: ${outcome.reason}`);
      } else if (!may.includes(outcome.outcome) && outcome.outcome !== 'DEPLOYED') {
        say(
          `${start.name} (${start.version}) ended as ${outcome.outcome} instead of ${may.join(' or ')}: ${outcome.reason}`,
        );
      }
    }
  }
  const wanted = newestWanted({ plan, starts }, evidence);
  const { champion } = evidence;
  if (
    wanted !== undefined &&
    (champion === undefined || champion.version < wanted) &&
    !champion?.rolledBackFrom
  ) {
    say(`${wanted} is good, and ${champion?.version ?? 'nothing'} is live`);
  }
  return found;
}

/**
 * A wrong model: an endpoint that is, or answers, otherwise than champion.json says; a live model that the
 * gate refused, that is bad, or that is older than one that was deployed; success reported of what never was
 * champion.
 */
function wrong({ plan, starts }: Facts, evidence: Evidence): Violation[] {
  const found: Violation[] = [];
  const say = (text: string) => found.push({ kind: 'wrong model live', text });
  const { champion, endpoint, answer, executions } = evidence;
  if (champion === undefined) {
    if (endpoint !== undefined && endpoint.status !== 'Failed') {
      say(`nothing is champion, and the endpoint is ${endpoint.status} on ${endpoint.config}`);
    }
  } else {
    if (endpoint?.status !== 'InService' || endpoint.config !== champion.endpointConfig) {
      const where = endpoint === undefined ? 'gone' : `${endpoint.status} on ${endpoint.config}`;
      say(`champion.json says ${champion.endpointConfig}, and the endpoint is ${where}`);
    } else if (answer === undefined || 'error' in answer) {
      say(`the endpoint does not answer: ${answer?.error}`);
    } else if (answer.trainingJob !== champion.trainingJob) {
      say(`the endpoint answers with the model of ${answer.trainingJob}; champion: ${champion.trainingJob}`);
    }
    const start = starts.find(({ name }) => name === champion.execution);
    const decided = executions.find(({ name }) => name === champion.execution)?.decision;
    const quality = plan.models[champion.version] ?? 'good';
    if (quality !== 'good' && !isForced(start)) say(`${champion.version} is live, which is ${quality}`);
    if (quality === 'good' && answer !== undefined && 'label' in answer && answer.label !== 'apple') {
      say(`the endpoint takes an apple for a ${answer.label}`);
    }
    if (!champion.rolledBackFrom && decided?.decision !== 'PROMOTE' && decided?.forced === undefined) {
      say(`the gate never said yes to what ${champion.execution} made live`);
    }
    const newest = newestDeployed(plan, executions);
    if (newest !== undefined && champion.version < newest && !champion.rolledBackFrom) {
      say(`${champion.version} is live, and ${newest} had been deployed`);
    }
  }
  for (const { name, outcome } of executions) {
    if (outcome?.outcome !== 'DEPLOYED') continue;
    const start = starts.find((one) => one.name === name);
    if (!evidence.championExecutions.includes(name)) say(`${name} is DEPLOYED, and never was champion`);
    const quality = plan.models[outcome.version] ?? 'good';
    if (quality !== 'good' && !isForced(start))
      say(`${name} deployed ${outcome.version}, which is ${quality}`);
  }
  return found;
}

/** Stuck: an execution, an endpoint or a deployment lock that nothing will ever move again. */
function stuck({ executions, endpoint, lock }: Evidence): Violation[] {
  const found: Violation[] = [];
  const say = (text: string) => found.push({ kind: 'stuck', text });
  for (const { name, status } of executions) if (status === 'RUNNING') say(`${name} still runs`);
  if (endpoint !== undefined && moving.includes(endpoint.status)) say(`the endpoint is ${endpoint.status}`);
  const holder = executions.find(({ name }) => name === lock)?.status;
  // An execution that was aborted releases no lock; the next one takes it over.
  if (lock !== undefined && holder !== 'RUNNING' && holder !== 'ABORTED')
    say(`the lock is held by ${lock}, which is ${holder}`);
  return found;
}

const inputOf = (start: Start | undefined) =>
  start !== undefined && start.by !== 'event' ? start.by.input : {};
const isForced = (start: Start | undefined) => 'force' in inputOf(start);
const isRollback = (start: Start) => 'rollback' in inputOf(start);
const isGateOnly = (start: Start) => 'gateOnly' in inputOf(start);

function outcomesOf(plan: Plan, start: Start, isRuined: boolean): readonly OutcomeName[] {
  const bad = isRuined ? failures : [];
  if (isGateOnly(start)) return ['EVALUATED', ...bad];
  const quality = isRollback(start) || isForced(start) ? 'good' : (plan.models[start.version] ?? 'good');
  if (quality === 'good' && plan.answers.includes('no')) return ['REJECTED', ...bad];
  return [...possible[quality], ...bad];
}

/**
 * Whether something as new as this has been deployed by another, or something else at all since a rollback
 * was asked for.
 */
function wasOvertaken(plan: Plan, start: Start, { executions }: Evidence): boolean {
  const others = executions.filter(
    ({ name, outcome }) => name !== start.name && outcome?.outcome === 'DEPLOYED',
  );
  if (isRollback(start)) return others.length > 0;
  return (
    others.some(({ outcome }) => outcome!.version >= start.version) ||
    liveBefore[plan.before].some((version) => version >= start.version)
  );
}

/**
 * The newest model that must be live in the end: good, started, not refused by a person, not given up by one.
 */
export function newestWanted(
  { plan, starts }: Pick<Facts, 'plan' | 'starts'>,
  { executions }: Pick<Evidence, 'executions'>,
): string | undefined {
  if (plan.answers.includes('no')) return undefined;
  return starts
    .filter((start) => !isRollback(start) && !isGateOnly(start) && plan.models[start.version] === 'good')
    .filter(({ name }) => executions.find((one) => one.name === name)?.status !== 'ABORTED')
    .map(({ version }) => version)
    .sort()
    .at(-1);
}

function newestDeployed(plan: Plan, executions: readonly ExecutionSeen[]): string | undefined {
  return [
    ...liveBefore[plan.before],
    ...executions.flatMap(({ outcome }) => (outcome?.outcome === 'DEPLOYED' ? [outcome.version] : [])),
  ]
    .sort()
    .at(-1);
}
