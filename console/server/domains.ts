import { isRunning } from '#cloud/aws/executions.ts';
import { mapBounded } from '#core/bounded.ts';
import type { Champion } from '#core/contracts/outcome.ts';
import { executionArnOf } from '#core/names.ts';
import type { DomainRow, LastPromotion, LiveModel, Rows } from '../contracts/domains.ts';
import type { ConsoleServices } from './services.ts';

/** Domains on one page. */
export const DOMAINS_PER_PAGE = 25;
/** Domains that are looked up at the same time. */
export const AT_ONCE = 12;

/**
 * One page of the domains. Only their folders are listed, and only this page's domains are read.
 *
 * @param beginning of the names that are wanted
 * @param page as the page before said
 */
export async function domainRows(
  services: ConsoleServices,
  beginning: string,
  page: string | undefined,
): Promise<Rows<DomainRow>> {
  const { folders, next } = await services.data.folderPage('domains/', {
    beginning,
    size: DOMAINS_PER_PAGE,
    page,
  });
  const rows = await mapBounded(folders, AT_ONCE, (domain) => domainRow(services, domain));
  return { rows, ...(next === undefined ? {} : { next }) };
}

export async function domainRow(services: ConsoleServices, domain: string): Promise<DomainRow> {
  const [found, begun] = await Promise.all([
    services.store.champions.find(domain),
    services.store.promotions.begun(domain),
  ]);
  const [newest] = begun;
  const [live, last] = await Promise.all([
    found && liveModel(services, found.champion),
    newest && lastPromotion(services, domain, newest),
  ]);
  return { domain, ...(live === undefined ? {} : { live }), ...(last === undefined ? {} : { last }) };
}

async function liveModel({ store }: ConsoleServices, champion: Champion): Promise<LiveModel> {
  const { domain, model, version, execution, accuracy, promotedAt, trainingJob } = champion;
  // A rollback has an execution of its own, which trained nothing.
  const { baselineAccuracy } = (await store.outcomes.find({ execution, domain })) ?? {};
  const known = baselineAccuracy === undefined ? {} : { baselineAccuracy };
  return { model, version, execution, accuracy, promotedAt, trainingJob, ...known };
}

/** How a promotion of a domain ended, or that it runs. */
export async function lastPromotion(
  { store, sfn, stateMachineArn }: ConsoleServices,
  domain: string,
  { execution, began }: { execution: string; began: number },
): Promise<LastPromotion> {
  const outcome = await store.outcomes.find({ execution, domain });
  if (outcome !== undefined) {
    return { execution, outcome: outcome.outcome, reason: outcome.reason, at: outcome.finishedAt };
  }
  const runs = await isRunning(sfn, executionArnOf(stateMachineArn, execution));
  return { execution, outcome: runs ? 'RUNNING' : 'STOPPED', at: new Date(began).toISOString() };
}
