import { GetExecutionHistoryCommand, type HistoryEvent, type SFNClient } from '@aws-sdk/client-sfn';
import { type DomainOutcome, domainOutcomeSchema } from '#core/contracts/promotion-state.ts';

/** Events of one page; the answer has at most 1,000. */
const PAGE = 200;

/** What is told of a promotion while it runs. */
export interface LiveEvents {
  /** Its domains have begun. */
  onDomains(count: number): void;
  /** The outcome of one stands. Told once for each domain. */
  onOutcome(outcome: DomainOutcome): void;
}

/**
 * Outcomes of domains as they come, from the history of a promotion. A look reads the newest events, back to
 * those of the look before.
 */
export class LiveOutcomes {
  readonly #told = new Set<string>();
  readonly #events: LiveEvents;
  /** Id of the newest event that has been seen. */
  #seen = 0;

  constructor(events: LiveEvents) {
    this.#events = events;
  }

  /** Without permission to read the history, and in any other trouble, nothing is told until the end. */
  async look(sfn: SFNClient, executionArn: string, signal: AbortSignal): Promise<void> {
    const fresh: HistoryEvent[] = [];
    let nextToken: string | undefined;
    do {
      const options = { executionArn, reverseOrder: true, includeExecutionData: true, maxResults: PAGE };
      const command = new GetExecutionHistoryCommand({
        ...options,
        ...(nextToken === undefined ? {} : { nextToken }),
      });
      const page = await sfn.send(command, { abortSignal: signal }).catch(() => undefined);
      if (page === undefined) return;
      const events = page.events ?? [];
      const newer = events.filter(({ id }) => id! > this.#seen);
      fresh.push(...newer);
      nextToken = newer.length === events.length ? page.nextToken : undefined;
    } while (nextToken !== undefined);
    this.#seen = Math.max(this.#seen, ...fresh.map(({ id }) => id!));
    for (const event of fresh.reverse()) this.#read(event);
  }

  /** Tells an outcome that is known from elsewhere. */
  tell(outcome: DomainOutcome): void {
    if (this.#told.has(outcome.domain)) return;
    this.#told.add(outcome.domain);
    this.#events.onOutcome(outcome);
  }

  #read({ mapStateStartedEventDetails, stateExitedEventDetails }: HistoryEvent): void {
    const count = mapStateStartedEventDetails?.length;
    if (count !== undefined) this.#events.onDomains(count);
    // Several states end a domain. What they have in common is what they put out.
    const output = stateExitedEventDetails?.output;
    const outcome = domainOutcomeSchema.safeParse(output === undefined ? undefined : parseOrNothing(output));
    if (outcome.success) this.tell(outcome.data);
  }
}

function parseOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
