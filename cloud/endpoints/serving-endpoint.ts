import type { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { endpointName } from '#core/names.ts';
import type { PromotionStore } from '../records/promotion-store.ts';
import { describeEndpoint, type EndpointState } from './endpoints.ts';

/** An endpoint that serves a domain. */
export interface ServingEndpoint {
  name: string;
  state: EndpointState;
  /** As records name what is deployed: the configuration, or on the shared endpoint the model's file. */
  deployed: string;
}

/**
 * The domain's own endpoint, or else the shared one, where the champion's record says so.
 *
 * @param prefix with which the deployment's names begin
 */
export async function findServingEndpoint(
  sagemaker: SageMakerClient,
  { champions }: { champions: Pick<PromotionStore['champions'], 'find'> },
  { prefix, domain }: { prefix: string; domain: string },
): Promise<ServingEndpoint | undefined> {
  const own = endpointName(prefix, domain);
  const state = await describeEndpoint(sagemaker, own);
  if (state !== undefined) return { name: own, state, deployed: state.endpointConfig };
  const champion = (await champions.find(domain))?.champion;
  if (champion?.targetModel === undefined) return undefined;
  const shared = await describeEndpoint(sagemaker, champion.endpoint);
  return shared && { name: champion.endpoint, state: shared, deployed: champion.endpointConfig };
}
