import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { Bucket } from '#cloud/aws/bucket.ts';
import { type Access, ALL_DOMAINS, accessSchema, type Right } from '#core/api/access.ts';
import { nameSchema } from '#core/contracts/common.ts';
import { accessKey } from '#core/keys.ts';
import { ProblemError } from '#core/problem.ts';

/** A change of a key's rights counts after this time everywhere. */
const KEPT_MS = 60_000;

/** A caller that API Gateway has let in. */
export interface Caller extends Pick<Access, 'domains' | 'rights'> {
  /** Names the caller in keys of uploads and names of executions. */
  id: string;
}

export interface AccessOptions {
  artifacts: Bucket;
  /** Id of the key that the deployment makes. Without a document it may predict, as it always could. */
  firstKeyId: string;
  /** Milliseconds since 1970. */
  now: () => number;
}

export type Callers = ReturnType<typeof createCallers>;

/**
 * Tells who asks and what they may do: by the document of their API key, which is kept for a minute. A key
 * without a document may do nothing. A caller whom IAM has let in may do what IAM let them ask for.
 */
export function createCallers({ artifacts, firstKeyId, now }: AccessOptions) {
  const kept = new Map<string, { until: number; access: Promise<Pick<Access, 'domains' | 'rights'>> }>();

  async function read(id: string): Promise<Pick<Access, 'domains' | 'rights'>> {
    const found = await artifacts.findJson(accessKey(id), accessSchema);
    if (found !== undefined) return found;
    return id === firstKeyId ? { domains: ALL_DOMAINS, rights: ['predict'] } : { domains: [], rights: [] };
  }

  function readKept(id: string) {
    const known = kept.get(id);
    if (known !== undefined && known.until > now()) return known.access;
    const access = read(id);
    kept.set(id, { until: now() + KEPT_MS, access });
    // A failure is not kept.
    access.catch(() => kept.delete(id));
    return access;
  }

  return async function callerOf(event: APIGatewayProxyEvent): Promise<Caller> {
    const { apiKeyId, user } = event.requestContext.identity;
    if (apiKeyId) return { id: apiKeyId, ...(await readKept(apiKeyId)) };
    if (user) {
      // The principal's id; a role's sessions share it.
      const id = `iam-${user.split(':', 1)[0]!.replace(/[^A-Za-z0-9]/g, '')}`;
      return { id, domains: ALL_DOMAINS, rights: ['predict', 'read', 'operate'] };
    }
    throw new Error('API Gateway let a caller in and does not say whom');
  };
}

/**
 * The answer is the same whatever is missing, and whether there is such a domain or not.
 *
 * @param domain left out where every domain is concerned
 * @throws ProblemError 403
 */
export function allow(caller: Caller, right: Right, domain: string = ALL_DOMAINS): void {
  if (caller.rights.includes(right) && includes(caller, domain)) return;
  throw new ProblemError(403, 'This caller may not do that');
}

/**
 * As `allow`, for an answer that shows only what is of the caller's domains.
 *
 * @throws ProblemError 403
 */
export function allowAny(caller: Caller, right: Right): void {
  allow(caller, right, caller.domains === ALL_DOMAINS ? ALL_DOMAINS : caller.domains[0]);
}

/** Whether a domain is one of the caller's. */
export function includes({ domains }: Pick<Caller, 'domains'>, domain: string): boolean {
  return domains === ALL_DOMAINS || domains.includes(domain);
}

/**
 * The domain in the request's path.
 *
 * @throws ProblemError 403, and only then 404 for what cannot be a domain's name: a caller learns nothing of
 *   other domains
 */
export function allowedDomain(caller: Caller, right: Right, event: APIGatewayProxyEvent): string {
  const domain = event.pathParameters?.domain ?? '';
  allow(caller, right, domain === ALL_DOMAINS ? '' : domain);
  if (!nameSchema.safeParse(domain).success) throw new ProblemError(404, 'There is no such domain');
  return domain;
}
