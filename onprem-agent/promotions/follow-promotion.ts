import { setTimeout as sleep } from 'node:timers/promises';
import { GetExecutionHistoryCommand, ListExecutionsCommand, type SFNClient } from '@aws-sdk/client-sfn';
import { promotionInputSchema } from '#core/contracts/promotion.ts';
import { type DomainOutcome, promotionSummarySchema } from '#core/contracts/promotion-state.ts';
import { GraftError } from '#core/errors.ts';
import { dataExecutionName, executionArnOf, executionName } from '#core/names.ts';
import { parseJson } from '#core/parse.ts';
import { explained } from '../aws/explain.ts';
import type { Io } from '../cli/io.ts';
import { awaitExecution, findExecution, pollIntervals } from './await-execution.ts';
import { type LiveEvents, LiveOutcomes } from './live-outcomes.ts';

/** Milliseconds to wait for an execution to begin. EventBridge usually takes a second. */
const START_LIMIT_MS = 180_000;
/** Events at the end of a history; FinishPromotion's answer is among them. */
const LAST_EVENTS = 20;

/** How a promotion ended. */
export interface Followed {
  execution: string;
  executionArn: string;
  /** Status of the execution: `SUCCEEDED`, `FAILED`, `TIMED_OUT` or `ABORTED`. */
  status: string;
  /** Outcome of each domain; empty if the execution ended before it reached them. */
  outcomes: DomainOutcome[];
  /** Why it did not succeed. */
  cause: string | undefined;
}

/** Looks for an execution: returns its name, or undefined while there is none. */
export type Search = (sfn: SFNClient, stateMachineArn: string) => Promise<string | undefined>;

/**
 * The execution that a model's arrival started.
 *
 * @param arrival S3's version id of the manifest, if it is known; an execution that follows a failed one is
 *   named after it
 * @param again the version had been pushed before, so only a new execution is the one to follow
 */
export function promotionOfModel(
  { model, version }: { model: string; version: string },
  { arrival, again, signal }: { arrival: string | undefined; again: boolean; signal: AbortSignal },
): Search {
  const names = [
    ...(arrival === undefined ? [] : [executionName(model, version, arrival)]),
    ...(again ? [] : [executionName(model, version)]),
  ];
  return async (sfn, stateMachineArn) => {
    for (const name of names) {
      if (await findExecution(sfn, executionArnOf(stateMachineArn, name), signal)) return name;
    }
    return undefined;
  };
}

/**
 * The execution that a domain's new data started. Its input says which general model it promotes.
 *
 * @param arrival S3's version of `domain.json`
 */
export function promotionOfData(domain: string, arrival: string, signal: AbortSignal): Search {
  return async (sfn, stateMachineArn) => {
    const page = await explained(`list the executions of ${stateMachineArn}`, () =>
      sfn.send(new ListExecutionsCommand({ stateMachineArn, maxResults: 100 }), { abortSignal: signal }),
    );
    for (const { name, executionArn } of page.executions ?? []) {
      if (!name!.startsWith(`data-${domain}-`)) continue;
      const execution = await findExecution(sfn, executionArn!, signal);
      const input = promotionInputSchema.safeParse(JSON.parse(execution?.input ?? '{}'));
      if (!input.success) continue;
      const { model, version } = input.data;
      if (name === dataExecutionName(model, version, domain, arrival)) return name;
    }
    return undefined;
  };
}

/** What is told while a promotion is followed. */
export interface FollowEvents extends LiveEvents {
  /** The execution has begun. */
  onBegun(execution: string): void;
}

/**
 * Waits for the execution to begin, and for its end. Outcomes are told as they come.
 *
 * @throws GraftError when none begins
 */
export async function followPromotion(
  sfn: SFNClient,
  stateMachineArn: string,
  search: Search,
  { io, events, hint }: { io: Io; events: FollowEvents; hint: string },
): Promise<Followed> {
  const began = io.now();
  let name: string | undefined;
  for (const interval of pollIntervals()) {
    name = await search(sfn, stateMachineArn);
    if (name !== undefined) break;
    if (io.now() - began > START_LIMIT_MS) {
      throw new GraftError('NoPromotion', `No promotion has begun within ${START_LIMIT_MS / 1000} s`, {
        hint,
      });
    }
    await sleep(interval, undefined, { signal: io.signal });
  }
  events.onBegun(name!);
  const executionArn = executionArnOf(stateMachineArn, name!);
  const live = new LiveOutcomes(events);
  const look = () => live.look(sfn, executionArn, io.signal);
  const { status, output, error, cause } = await awaitExecution(sfn, executionArn, look, io.signal);
  const summary = output ?? (error === 'DomainFailed' ? await summaryOf(sfn, executionArn) : undefined);
  const outcomes =
    summary === undefined
      ? []
      : parseJson(promotionSummarySchema, summary, `The summary of ${executionArn}`).outcomes;
  for (const outcome of outcomes) live.tell(outcome);
  return { execution: name!, executionArn, status: status!, outcomes, cause: cause ?? error };
}

/** A failed execution has no output, so the domains' outcomes are read from its history. */
async function summaryOf(sfn: SFNClient, executionArn: string): Promise<string | undefined> {
  const { events = [] } = await explained(`read the history of ${executionArn}`, () =>
    sfn.send(
      new GetExecutionHistoryCommand({
        executionArn,
        reverseOrder: true,
        includeExecutionData: true,
        maxResults: LAST_EVENTS,
      }),
    ),
  );
  return events.find(({ stateExitedEventDetails }) => stateExitedEventDetails?.name === 'FinishPromotion')
    ?.stateExitedEventDetails?.output;
}
