import * as z from 'zod';
import type { Bucket } from '#cloud/aws/bucket.ts';
import { listDomains, readDomain } from '#cloud/data/domains.ts';
import { championHistoryIn } from '#cloud/records/champion-history.ts';
import { championsIn } from '#cloud/records/champions.ts';
import { ALL_DOMAINS } from '#core/api/access.ts';
import type { DomainAnswer, Served } from '#core/api/domains.ts';
import type { PageQuery } from '#core/api/paging.ts';
import { nameSchema } from '#core/contracts/common.ts';
import { evaluationSchema } from '#core/contracts/evaluation.ts';
import type { Champion } from '#core/contracts/outcome.ts';
import { NotFoundError } from '#core/errors.ts';
import { domainKey } from '#core/keys.ts';
import { ProblemError } from '#core/problem.ts';
import type { Caller } from './access.ts';
import { pageOfSorted, readPageToken } from './page-token.ts';

/** What is shown of an evaluation. Its other fields may be those of an earlier version of Graft. */
const shownSchema = z.object({
  labels: evaluationSchema.shape.labels,
  interval: evaluationSchema.shape.interval,
});

interface Buckets {
  data: Bucket;
  artifacts: Bucket;
}

/** A page of the caller's domains that there are, each with what is live. */
export async function readDomains(
  { data, artifacts }: Buckets,
  caller: Pick<Caller, 'domains'>,
  { limit, next }: PageQuery,
) {
  const names =
    caller.domains === ALL_DOMAINS ? await listDomains(data) : await existing(data, caller.domains);
  const sorted = names.filter((name) => nameSchema.safeParse(name).success).sort();
  const { page, ...more } = pageOfSorted(
    sorted,
    { after: readPageToken(next), limit },
    (one, other) => one < other,
  );
  const champions = championsIn(artifacts);
  const items = await Promise.all(
    page.map(async (domain) => {
      const live = await champions.find(domain);
      return { domain, live: live === undefined ? null : servedOf(live.champion) };
    }),
  );
  return { items, ...more };
}

async function existing(data: Bucket, domains: readonly string[]): Promise<string[]> {
  const found = await Promise.all(domains.map((domain) => data.exists(domainKey(domain))));
  return domains.filter((_domain, at) => found[at]);
}

/** @throws ProblemError 404 */
export async function readDomainState(buckets: Buckets, name: string): Promise<DomainAnswer> {
  const { artifacts } = buckets;
  const [{ labels }, live] = await Promise.all([
    findDomain(buckets.data, name),
    championsIn(artifacts).find(name),
  ]);
  if (live === undefined) return { domain: name, labels, live: null };
  const evaluation = await artifacts.findJson(live.champion.evaluationKey, shownSchema);
  return {
    domain: name,
    labels,
    live: {
      ...servedOf(live.champion),
      labels: evaluation?.labels ?? null,
      interval: evaluation?.interval ?? null,
    },
  };
}

async function findDomain(data: Bucket, name: string) {
  try {
    return (await readDomain(data, name)).domain;
  } catch (cause) {
    if (!(cause instanceof NotFoundError)) throw cause;
    throw new ProblemError(404, `There is no domain "${name}"`, { cause });
  }
}

/**
 * A page of what was ever live in a domain, the newest first.
 *
 * @throws ProblemError 404
 */
export async function readHistory(
  { data, artifacts }: Buckets,
  domain: string,
  { limit, next }: PageQuery,
): Promise<{ items: Served[]; next?: string }> {
  const history = championHistoryIn(artifacts);
  const keys = (await history.keys(domain)).reverse();
  if (keys.length === 0 && !(await data.exists(domainKey(domain)))) {
    throw new ProblemError(404, `There is no domain "${domain}"`);
  }
  const { page, ...more } = pageOfSorted(
    keys,
    { after: readPageToken(next), limit },
    (one, other) => one > other,
  );
  const champions = await Promise.all(page.map((key) => history.read(key)));
  return { items: champions.flatMap((champion) => (champion ? [servedOf(champion)] : [])), ...more };
}

function servedOf(champion: Champion): Served {
  const { model, version, trainingJob, execution, accuracy, promotedAt, rolledBackFrom } = champion;
  return {
    general: { model, version },
    trainingJob,
    promotion: execution,
    accuracy,
    since: promotedAt,
    ...(rolledBackFrom === undefined ? {} : { rolledBackFrom }),
  };
}
