import type { BusEvent, ServiceFactory } from 'local-aws';
import type { ManualClock } from 'local-aws/testing';
import type { Random } from '#core/random.ts';
import type { FunctionName } from '../statemachines/functions.ts';
import type { Ledger } from './ledger.ts';
import type { Plan } from './schedule.ts';

/** Lambda repeats an asynchronous invocation that failed after one minute and after another two. */
const REPEAT_AFTER_SECONDS = [60, 120];
/**
 * The latest that an event comes; EventBridge tries for a day, but most of what can go wrong does so within
 * minutes.
 */
const LATEST_SECONDS = 1_500;

export interface DeliverySurroundings {
  clock: ManualClock;
  ledger: Ledger;
  random: Random;
  shares: Plan['events'];
  call(name: FunctionName, event: unknown): Promise<unknown>;
}

/**
 * EventBridge and Lambda's asynchronous invocation: at least once as a rule, twice, late, out of order, or
 * never by a fault.
 */
export class Delivery {
  readonly #around: DeliverySurroundings;
  #numbered = 0;
  #newest = 0;
  #underWay = 0;
  /** Status in the newest event of an endpoint, delivered or not. */
  endpointStatus = 'NONE';

  constructor(around: DeliverySurroundings) {
    this.#around = around;
  }

  /** Deliveries that are still to come. */
  get waiting(): number {
    return this.#underWay;
  }

  /** A service of the local AWS that hears SageMaker's events. */
  readonly bus: ServiceFactory = () => ({
    signingName: 'bus',
    protocol: 'json-1.0',
    schemas: {},
    operations: {},
    onBusEvent: (event: BusEvent) => {
      if (event.source !== 'aws.sagemaker') return;
      const { EndpointStatus } = event.detail;
      if (typeof EndpointStatus === 'string') this.endpointStatus = EndpointStatus;
      this.#take('ResumePromotion', event, describe(event), true);
    },
  });

  /** The arrival of an object, which S3 never forgets to tell. */
  arrive(event: object, what: string): void {
    this.#take('StartPromotion', event, what, false);
  }

  #take(name: FunctionName, event: object, what: string, canBeLost: boolean): void {
    const { ledger, random, shares } = this.#around;
    const number = ++this.#numbered;
    if (canBeLost && random.next() < shares.lost) {
      ledger.strike('event-lost', what);
      return;
    }
    const late = random.next() < shares.late;
    const delay = () => random.below(LATEST_SECONDS);
    this.#deliver(name, event, what, number, late ? delay() : 0);
    if (random.next() >= shares.duplicated) return;
    ledger.strike('event-duplicated', what);
    this.#deliver(name, event, what, number, random.next() < 0.5 ? 0 : delay());
  }

  #deliver(name: FunctionName, event: object, what: string, number: number, seconds: number): void {
    const { clock, ledger } = this.#around;
    this.#underWay += 1;
    const run = async () => {
      if (number < this.#newest) ledger.strike('event-out-of-order', `${what}, ${seconds} s late`);
      this.#newest = Math.max(this.#newest, number);
      await this.#invoke(name, event, what, 0);
    };
    if (seconds === 0) void run();
    else clock.after(seconds * 1000, () => void run());
  }

  async #invoke(name: FunctionName, event: object, what: string, failures: number): Promise<void> {
    const { clock, ledger, call } = this.#around;
    try {
      await call(name, event);
    } catch (error) {
      const pause = REPEAT_AFTER_SECONDS[failures];
      ledger.note(`${name} failed about ${what}: ${(error as Error).name} ${(error as Error).message}`);
      if (pause !== undefined) {
        clock.after(pause * 1000, () => void this.#invoke(name, event, what, failures + 1));
        return;
      }
    }
    this.#underWay -= 1;
  }
}

function describe({ detail }: BusEvent): string {
  const { TrainingJobName, TrainingJobStatus, EndpointName, EndpointStatus } = detail as Record<
    string,
    string
  >;
  return TrainingJobName === undefined
    ? `${EndpointName} is ${EndpointStatus}`
    : `${TrainingJobName} is ${TrainingJobStatus}`;
}
