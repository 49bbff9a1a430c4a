import type { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { BusyError } from '#core/errors.ts';
import type { Tagged } from '../aws/tags.ts';
import { createEndpoint, deleteEndpoint, type EndpointState } from './endpoints.ts';
import { nextStep } from './transitions.ts';

export interface Placement {
  /** The promotion that creates the endpoint, where there is none. */
  subject: Tagged;
  endpoint: string;
  endpointConfig: string;
  /** Undefined when there is no endpoint. */
  state: EndpointState | undefined;
  /** Moves an endpoint that is in service. */
  update: (state: EndpointState) => Promise<void>;
}

/**
 * Asks SageMaker for an endpoint with this configuration, as the endpoint's state allows.
 *
 * @throws BusyError when a later attempt may succeed, DeploymentFailedError when not
 */
export async function putConfiguration(
  sagemaker: SageMakerClient,
  { subject, endpoint, endpointConfig, state, update }: Placement,
): Promise<void> {
  switch (nextStep('deploy', endpoint, state)) {
    case 'create':
      return createEndpoint(sagemaker, subject, endpoint, endpointConfig);
    case 'update':
      return update(state!);
    case 'recreate':
      // A failed endpoint serves nothing, so nothing is lost.
      await deleteEndpoint(sagemaker, endpoint);
      throw new BusyError(`Endpoint ${endpoint} had failed (${state?.failureReason}) and is being deleted`);
  }
}
