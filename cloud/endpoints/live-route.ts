import * as z from 'zod';
import { championKey } from '#core/keys.ts';
import { endpointName } from '#core/names.ts';
import type { Bucket } from '../aws/bucket.ts';
import { isMissing, isValidation } from '../aws/failures.ts';

/**
 * Whether the endpoint does not exist, or cannot be invoked yet, or the shared endpoint's model has gone from
 * S3.
 */
export function isUnknownEndpoint(error: unknown): boolean {
  const words = /not in ?service|failed to download model data/i;
  return isMissing(error) || (isValidation(error) && words.test(error.message));
}

/** Where a domain's requests go: parameters of `InvokeEndpoint`. */
export interface Route {
  EndpointName: string;
  /** On the shared endpoint. */
  TargetModel?: string;
}

/** All that a request needs of `champion.json`, whichever version of Graft wrote it. */
const routeSchema = z.object({ endpoint: z.string(), targetModel: z.string() }).partial();

/**
 * For so long a request may still go to the model that was live before on the shared endpoint, where it stays
 * loaded.
 */
const REMEMBERED_MS = 15_000;

export interface RouteServices {
  artifacts: Bucket;
  endpointPrefix: string;
  now: () => number;
}

/**
 * Sends requests to the domain's own endpoint, and where there is none to the shared one, with the model that
 * the champion's record names. The record is read only then, so that it costs other domains no time.
 */
export function createRoutes({ artifacts, endpointPrefix, now }: RouteServices) {
  const remembered = new Map<string, { route: Route; until: number }>();

  async function liveRoute(domain: string): Promise<Route | undefined> {
    const champion = await artifacts.findJson(championKey(domain), routeSchema);
    const { endpoint, targetModel } = champion ?? {};
    if (endpoint === undefined || targetModel === undefined) return undefined;
    return { EndpointName: endpoint, TargetModel: targetModel };
  }

  /**
   * @param ask is called once more where the first route leads nowhere and the champion's record says another
   * @throws what `ask` throws
   */
  return async function alongRoute<T>(domain: string, ask: (route: Route) => Promise<T>): Promise<T> {
    const known = remembered.get(domain);
    const own: Route = { EndpointName: endpointName(endpointPrefix, domain) };
    const first = known !== undefined && known.until > now() ? known.route : own;
    try {
      return await ask(first);
    } catch (error) {
      if (!isUnknownEndpoint(error)) throw error;
      remembered.delete(domain);
      const live = (await liveRoute(domain)) ?? own;
      if (JSON.stringify(live) === JSON.stringify(first)) throw error;
      if (live.TargetModel !== undefined) {
        remembered.set(domain, { route: live, until: now() + REMEMBERED_MS });
      }
      return ask(live);
    }
  };
}
