import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { ServiceError, type World } from '../../service.ts';
import { Collection } from '../../store/collection.ts';
import type { Rule, Rules, Target } from './rules.ts';
import { PermanentFailure, sendToDeadLetters, sendToTarget } from './send.ts';
import { type BridgeEvent, targetInput } from './target-input.ts';

/**
 * EventBridge retries "with exponential backoff and jitter" for a day. It does not document the intervals;
 * these are chosen here.
 */
const FIRST_BACKOFF_MS = 1_000;
const LONGEST_BACKOFF_MS = 600_000;
/** Failures that waiting does not mend. */
const PERMANENT =
  /^(AccessDenied|ResourceNotFound|QueueDoesNotExist|NotFound|StateMachineDoesNotExist|RequestTooLarge|Invalid|Validation|KMS)/;

interface Delivery {
  id: string;
  event: BridgeEvent;
  rule: string;
  target: string;
  acceptedAt: number;
  notBefore: number;
  attempts: number;
}

/**
 * Deliveries of one event to one target. Each stays on disk until the target or the dead-letter queue has
 * accepted it.
 */
export interface Deliveries {
  accept(event: BridgeEvent): void;
  /** Takes up what an earlier run had accepted. */
  start(): void;
  stop(): void;
}

export function createDeliveries(world: World, rules: Rules): Deliveries {
  const waiting = new Collection<Delivery>(join(world.folder('events'), 'deliveries'));
  const timers = new Map<string, () => void>();
  let stopped = false;

  function schedule(delivery: Delivery): void {
    const delay = delivery.notBefore - world.clock.now();
    if (delay <= 0) return void attempt(delivery);
    timers.set(
      delivery.id,
      world.clock.after(delay, () => {
        timers.delete(delivery.id);
        void attempt(delivery);
      }),
    );
  }

  async function attempt(delivery: Delivery): Promise<void> {
    if (stopped) return;
    const rule = rules.find(delivery.rule);
    const target = rule?.targets.find((one) => one.Id === delivery.target);
    if (rule === undefined || target === undefined) {
      world.log.warn(
        { rule: delivery.rule, event: delivery.event.id },
        'the rule of a waiting event is gone',
      );
      waiting.delete(delivery.id);
      return;
    }
    try {
      const input = targetInput(target, delivery.event, rule, delivery.acceptedAt);
      await sendToTarget(world, rule, target, { id: delivery.id, input });
      waiting.delete(delivery.id);
    } catch (error) {
      if (!stopped) await failed({ ...delivery, attempts: delivery.attempts + 1 }, rule, target, error);
    }
  }

  async function failed(delivery: Delivery, rule: Rule, target: Target, error: unknown): Promise<void> {
    const { MaximumRetryAttempts, MaximumEventAgeInSeconds } = target.RetryPolicy;
    const code = codeOf(error);
    const permanent = error instanceof PermanentFailure || PERMANENT.test(code);
    const backoff = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (delivery.attempts - 1));
    const notBefore = world.clock.now() + backoff;
    const tooOld = notBefore > delivery.acceptedAt + MaximumEventAgeInSeconds * 1000;
    if (!permanent && !tooOld && delivery.attempts <= MaximumRetryAttempts) {
      const next = { ...delivery, notBefore };
      waiting.put(next.id, next);
      schedule(next);
      return;
    }
    const letter = {
      rule,
      target,
      code,
      message: (error as Error).message,
      condition: permanent ? undefined : tooOld ? 'MaximumEventAgeInSeconds' : 'MaximumRetryAttempts',
      attempts: delivery.attempts,
    } as const;
    world.log.warn({ rule: rule.name, target: target.Arn, code, err: error }, 'an event cannot be delivered');
    const deadLetters = target.DeadLetterConfig?.Arn;
    try {
      if (deadLetters !== undefined) {
        await sendToDeadLetters(world, deadLetters, JSON.stringify(delivery.event), letter);
      }
    } catch (cause) {
      world.log.error(
        { err: cause, event: delivery.event },
        'an event is lost: its dead-letter queue refuses it',
      );
    }
    waiting.delete(delivery.id);
  }

  return {
    accept(event) {
      const now = world.clock.now();
      for (const rule of rules.list()) {
        if (!rule.enabled || !rule.matches(event)) continue;
        for (const target of rule.targets) {
          const delivery: Delivery = {
            id: randomUUID(),
            event,
            rule: rule.name,
            target: target.Id,
            acceptedAt: now,
            notBefore: now,
            attempts: 0,
          };
          waiting.put(delivery.id, delivery);
          schedule(delivery);
        }
      }
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

function codeOf(error: unknown): string {
  if (error instanceof ServiceError || error instanceof PermanentFailure) return error.code;
  return 'InternalError';
}
