import { isRunning } from '#cloud/aws/executions.ts';
import { mapBounded } from '#core/bounded.ts';
import type { Champion, Outcome } from '#core/contracts/outcome.ts';
import { executionArnOf } from '#core/names.ts';
import type { DomainFigures, DomainRow, LastPromotion, Rows } from '../contracts/domains.ts';
import type { ReadFigures } from './figures.ts';
import type { ConsoleServices } from './services.ts';
import { domainTraffic } from './traffic.ts';

/** Domains on one page. */
export const DOMAINS_PER_PAGE = 25;
/** Domains that are looked up at the same time. */
const AT_ONCE = 12;

/** What a domain's records name: what is live, and the promotions that have begun, the newest first. */
export interface KnownDomain {
  domain: string;
  champion: Champion | undefined;
  begun: { execution: string; began: number }[];
}

/**
 * One page of the domains' names, in one request: what is known of each is asked for when it is in view.
 *
 * @param beginning of the names that are wanted
 * @param page as the page before said
 */
export async function domainNames(
  { data }: ConsoleServices,
  beginning: string,
  page: string | undefined,
): Promise<Rows<string>> {
  const { folders, next } = await data.folderPage('domains/', { beginning, size: DOMAINS_PER_PAGE, page });
  return { rows: folders, ...(next === undefined ? {} : { next }) };
}

/** Tells what the list shows of some domains: first what is live, then what takes longer to find out. */
export async function* describeDomains(
  services: ConsoleServices,
  readFigures: ReadFigures,
  domains: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<{ event: 'rows'; data: DomainRow[] } | { event: 'figures'; data: DomainFigures[] }> {
  const found = await mapBounded(domains, AT_ONCE, async (domain) => {
    signal.throwIfAborted();
    const known = await knownDomain(services, domain);
    return { known, row: await domainRow(services, known) };
  });
  yield { event: 'rows', data: found.map(({ row }) => row) };
  const known = found.map((each) => each.known);
  const traffic = domainTraffic(services, known);
  // An error of it is told where it is awaited.
  traffic.catch(() => {});
  const figures = await mapBounded(known, AT_ONCE, (each) => {
    signal.throwIfAborted();
    return readFigures(each);
  });
  const measured = await traffic;
  yield { event: 'figures', data: figures.map((each, index) => ({ ...each, ...measured[index] })) };
}

export async function knownDomain({ store }: ConsoleServices, domain: string): Promise<KnownDomain> {
  const [found, begun] = await Promise.all([store.champions.find(domain), store.promotions.begun(domain)]);
  return { domain, champion: found?.champion, begun };
}

export async function domainRow(services: ConsoleServices, known: KnownDomain): Promise<DomainRow> {
  const { domain, champion, begun } = known;
  const [newest] = begun;
  const outcomeOf = (execution: string) => services.store.outcomes.find({ execution, domain });
  const newestOutcome = newest && outcomeOf(newest.execution);
  const isNewest = champion?.execution === newest?.execution;
  const [live, last] = await Promise.all([
    champion && liveModel(champion, isNewest ? newestOutcome : outcomeOf(champion.execution)),
    newest && lastPromotion(services, domain, newest, newestOutcome),
  ]);
  return { domain, ...(live === undefined ? {} : { live }), ...(last === undefined ? {} : { last }) };
}

async function liveModel(champion: Champion, outcome: Promise<Outcome | undefined> | undefined) {
  const { model, version, execution, accuracy, promotedAt, trainingJob } = champion;
  // A rollback has an execution of its own, which trained nothing.
  const { baselineAccuracy } = (await outcome) ?? {};
  const known = baselineAccuracy === undefined ? {} : { baselineAccuracy };
  return { model, version, execution, accuracy, promotedAt, trainingJob, ...known };
}

/** How a promotion of a domain ended, or that it runs. */
export async function lastPromotion(
  { store, sfn, stateMachineArn }: ConsoleServices,
  domain: string,
  { execution, began }: { execution: string; began: number },
  written = store.outcomes.find({ execution, domain }),
): Promise<LastPromotion> {
  const outcome = await written;
  if (outcome !== undefined) {
    return { execution, outcome: outcome.outcome, reason: outcome.reason, at: outcome.finishedAt };
  }
  const runs = await isRunning(sfn, executionArnOf(stateMachineArn, execution));
  return { execution, outcome: runs ? 'RUNNING' : 'STOPPED', at: new Date(began).toISOString() };
}
