import { join } from 'node:path';
import type { World } from '../../service.ts';
import { ServiceError } from '../../service.ts';
import { Collection } from '../../store/collection.ts';
import { deliverDeadLetter, deliverToDestination } from './destinations.ts';
import type { Invocation, InvocationResult } from './environment.ts';
import type { EventInvokeConfig } from './function-properties.ts';
import type { FunctionRegistry, ResolvedFunction } from './functions.ts';
import type { EnvironmentPools } from './pool.ts';

/** Waits before the second and the third attempt (Lambda's developer guide, "Asynchronous invocation"). */
const RETRY_AFTER_MS = [60_000, 120_000];
/** Throttled events wait from a second up to five minutes, and do not use up attempts. */
const FIRST_BACKOFF_MS = 1_000;
const LONGEST_BACKOFF_MS = 300_000;
const DEFAULT_CONFIG: Pick<
  EventInvokeConfig,
  'MaximumRetryAttempts' | 'MaximumEventAgeInSeconds' | 'DestinationConfig'
> = { MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 21_600, DestinationConfig: {} };

interface WaitingEvent {
  requestId: string;
  functionName: string;
  qualifier: string;
  /** The event's JSON text. */
  payload: string;
  traceId: string;
  clientContext?: string;
  acceptedAt: number;
  notBefore: number;
  attempts: number;
  throttled: number;
}

/** Asynchronous events. Each stays on disk until it has succeeded, has run out of attempts or is too old. */
export interface AsynchronousInvocations {
  accept(target: ResolvedFunction, invocation: Invocation): void;
  /** Takes up what an earlier run had accepted. */
  start(): void;
  stop(): void;
}

export function createAsynchronousInvocations(
  world: World,
  registry: FunctionRegistry,
  pools: EnvironmentPools,
): AsynchronousInvocations {
  const waiting = new Collection<WaitingEvent>(join(world.folder('lambda'), 'asynchronous'));
  const timers = new Map<string, () => void>();
  let stopped = false;

  function schedule(event: WaitingEvent): void {
    const delay = Math.max(0, event.notBefore - world.clock.now());
    if (delay === 0) return void attempt(event);
    timers.set(
      event.requestId,
      world.clock.after(delay, () => {
        timers.delete(event.requestId);
        void attempt(event);
      }),
    );
  }

  function later(event: WaitingEvent, delay: number): void {
    const next = { ...event, notBefore: world.clock.now() + delay };
    waiting.put(event.requestId, next);
    schedule(next);
  }

  async function attempt(event: WaitingEvent): Promise<void> {
    if (stopped) return;
    try {
      const target = registry.resolve(event.functionName, event.qualifier);
      const config = target.definition.invokeConfigs.get(target.qualifier) ?? DEFAULT_CONFIG;
      const ageLeft = event.acceptedAt + config.MaximumEventAgeInSeconds * 1000 - world.clock.now();
      if (ageLeft <= 0) return await giveUp(event, target, 'EventAgeExceeded', undefined);

      let result: InvocationResult;
      try {
        result = await pools.invoke(target, { ...event, payload: Buffer.from(event.payload) });
      } catch (error) {
        if (!(error instanceof ServiceError) || error.code !== 'TooManyRequestsException') throw error;
        const backoff = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** event.throttled, ageLeft);
        return later({ ...event, throttled: event.throttled + 1 }, backoff);
      }
      // What was running when we were told to stop was cut off by us: the next start runs it again.
      if (stopped) return;
      const attempts = event.attempts + 1;
      if (result.functionError === undefined) {
        const destination = config.DestinationConfig.OnSuccess?.Destination;
        if (destination !== undefined) {
          const finished = { target, event: { ...event, attempts }, condition: 'Success', result } as const;
          await deliverToDestination(world, destination, finished);
        }
        waiting.delete(event.requestId);
      } else if (attempts > config.MaximumRetryAttempts) {
        await giveUp({ ...event, attempts }, target, 'RetriesExhausted', result);
      } else {
        later({ ...event, attempts }, RETRY_AFTER_MS[attempts - 1] ?? LONGEST_BACKOFF_MS);
      }
    } catch (error) {
      waiting.delete(event.requestId);
      world.log.error({ err: error, event }, 'an asynchronous invocation is lost');
    }
  }

  async function giveUp(
    event: WaitingEvent,
    target: ResolvedFunction,
    condition: 'RetriesExhausted' | 'EventAgeExceeded',
    result: InvocationResult | undefined,
  ): Promise<void> {
    const { definition } = target;
    world.log.warn({ function: definition.name, requestId: event.requestId, condition }, 'gave an event up');
    const destination = definition.invokeConfigs.get(target.qualifier)?.DestinationConfig.OnFailure
      ?.Destination;
    const finished = { target, event, condition, result };
    if (destination !== undefined) await deliverToDestination(world, destination, finished);
    const deadLetters = definition.properties.DeadLetterConfig?.TargetArn;
    if (deadLetters !== undefined) await deliverDeadLetter(world, deadLetters, finished);
    waiting.delete(event.requestId);
  }

  return {
    accept(target, invocation) {
      const now = world.clock.now();
      const event: WaitingEvent = {
        requestId: invocation.requestId,
        functionName: target.definition.name,
        qualifier: target.qualifier,
        payload: Buffer.from(invocation.payload).toString('utf8'),
        traceId: invocation.traceId,
        ...(invocation.clientContext === undefined ? {} : { clientContext: invocation.clientContext }),
        acceptedAt: now,
        notBefore: now,
        attempts: 0,
        throttled: 0,
      };
      waiting.put(event.requestId, event);
      schedule(event);
    },
    start() {
      for (const { value } of waiting.list()) schedule(value);
    },
    stop() {
      stopped = true;
      for (const cancel of timers.values()) cancel();
      timers.clear();
    },
  };
}
