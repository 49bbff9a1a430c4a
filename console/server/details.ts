import { findServingEndpoint } from '#cloud/endpoints/serving-endpoint.ts';
import { mapBounded } from '#core/bounded.ts';
import { domainSchema } from '#core/contracts/domain.ts';
import type { Champion } from '#core/contracts/outcome.ts';
import { promotionSummarySchema } from '#core/contracts/promotion-state.ts';
import { NotFoundError } from '#core/errors.ts';
import { domainKey } from '#core/keys.ts';
import { executionArnOf } from '#core/names.ts';
import { consoleLinks } from '#core/report/console-links.ts';
import { chooseRollbackTarget } from '#core/rollback.ts';
import type { DomainDetails } from '../contracts/domains.ts';
import type { ExecutionDetails } from '../contracts/promotions.ts';
import { domainRow, knownDomain, lastPromotion } from './domains.ts';
import { describeExecution, executionRow } from './executions.ts';
import { domainsOf } from './history.ts';
import type { ConsoleServices } from './services.ts';

const CHAMPIONS = 20;
const PROMOTIONS = 20;
const AT_ONCE = 8;

/** @throws NotFoundError */
export async function domainDetails(services: ConsoleServices, domain: string): Promise<DomainDetails> {
  const { store, data, sagemaker, prefix, stateMachineArn } = services;
  const known = await knownDomain(services, domain);
  const [settings, row, history, endpoint] = await Promise.all([
    data.findJson(domainKey(domain), domainSchema),
    domainRow(services, known),
    store.championHistory.list(domain, CHAMPIONS),
    findServingEndpoint(sagemaker, store, { prefix, domain }),
  ]);
  if (settings === undefined && row.live === undefined) {
    throw new NotFoundError(`There is no domain "${domain}"`, {
      hint: `Push its images with \`graft data push <images> --domain ${domain}\`.`,
    });
  }
  const promotions = await mapBounded(known.begun.slice(0, PROMOTIONS), AT_ONCE, (each) =>
    lastPromotion(services, domain, each),
  );
  const target = rollbackTarget(known.champion, history);
  const link = endpoint && consoleLinks(stateMachineArn)?.endpoint(endpoint.name);
  return {
    ...row,
    labels: settings?.labels ?? [],
    champions: history
      .toReversed()
      .map(({ model, version, execution, accuracy, promotedAt, rolledBackFrom }) => ({
        ...{ model, version, execution, accuracy, promotedAt },
        ...(rolledBackFrom === undefined ? {} : { by: rolledBackFrom.by }),
      })),
    promotions,
    ...(endpoint === undefined
      ? {}
      : {
          endpoint: {
            name: endpoint.name,
            status: endpoint.state.status,
            ...(endpoint.state.failureReason === undefined
              ? {}
              : { failureReason: endpoint.state.failureReason }),
          },
        }),
    ...(target === undefined ? {} : { rollbackTo: target }),
    ...(link === undefined ? {} : { consoleLink: link }),
  };
}

/** Where a rollback without a version would lead; undefined where it leads nowhere. */
function rollbackTarget(
  live: Champion | undefined,
  history: readonly Champion[],
): DomainDetails['rollbackTo'] {
  if (live === undefined) return undefined;
  try {
    const { model, version, accuracy, promotedAt } = chooseRollbackTarget(live, history);
    return { model, version, accuracy, promotedAt };
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

/**
 * An execution with its domains: all of them when it has ended, their names while it runs.
 *
 * @throws NotFoundError
 */
export async function executionDetails(
  services: ConsoleServices,
  execution: string,
): Promise<ExecutionDetails> {
  const described = await describeExecution(services, execution);
  const row = executionRow(described);
  if (described.output !== undefined) {
    const summary = promotionSummarySchema.safeParse(JSON.parse(described.output)).data;
    if (summary !== undefined) return { ...row, items: summary.outcomes };
  }
  const domains = await domainsOf(services.sfn, executionArnOf(services.stateMachineArn, execution));
  return { ...row, ...(domains === undefined ? {} : { items: domains.map((domain) => ({ domain })) }) };
}
