import type { World } from '../../../service.ts';
import type { EndpointRecord } from '../records.ts';
import type { ServingContainer } from './serving-container.ts';

/** The containers of one configuration of one endpoint, all healthy when they got here. */
export interface Deployment {
  config: string;
  containers: ServingContainer[];
  /** During a rollout: the new containers, and the share of the requests that they take. */
  next?: { deployment: Deployment; share: number; owed: number };
}

/**
 * The deployment for the next request. The share is exact: of ten requests a canary of 10 % gets the tenth.
 */
export function route(deployment: Deployment): Deployment {
  const { next } = deployment;
  if (next === undefined) return deployment;
  next.owed += next.share;
  // A sum of tenths is a little below one.
  if (next.owed < 1 - 1e-9) return deployment;
  next.owed -= 1;
  return next.deployment;
}

/** What serves at the moment, by endpoint. The runtime API has nothing but this. */
export class Fleet {
  readonly #deployments = new Map<string, Promise<Deployment>>();
  #endpoints: (name: string) => EndpointRecord | undefined = () => undefined;

  /** Where the endpoints' records are. */
  attach(endpoints: (name: string) => EndpointRecord | undefined): void {
    this.#endpoints = endpoints;
  }

  record(endpoint: string): EndpointRecord | undefined {
    return this.#endpoints(endpoint);
  }

  /** A promise while the endpoint is started again after a restart of the local AWS. */
  get(endpoint: string): Promise<Deployment> | undefined {
    return this.#deployments.get(endpoint);
  }

  set(endpoint: string, deployment: Promise<Deployment>): void {
    deployment.catch(() => {});
    this.#deployments.set(endpoint, deployment);
  }

  delete(endpoint: string): void {
    this.#deployments.delete(endpoint);
  }

  async all(): Promise<Deployment[]> {
    const settled = await Promise.allSettled(this.#deployments.values());
    return settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  }
}

const fleets = new WeakMap<World, Fleet>();

/** The fleet of a local AWS. SageMaker's control plane and its runtime API share it. */
export function fleetOf(world: World): Fleet {
  let fleet = fleets.get(world);
  if (fleet === undefined) {
    fleet = new Fleet();
    fleets.set(world, fleet);
  }
  return fleet;
}
