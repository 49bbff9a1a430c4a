import type { SageMakerClient } from '@aws-sdk/client-sagemaker';
import type { SFNClient } from '@aws-sdk/client-sfn';
import { ROLLED_BACK } from '#core/errors.ts';
import { answerTask, type Settled, type TaskAnswer } from '../aws/executions.ts';
import type { EndpointCallback } from '../records/callbacks.ts';
import type { PromotionStore } from '../records/promotion-store.ts';
import { describeEndpoint, type EndpointState } from './endpoints.ts';
import { isChanging } from './transitions.ts';

export interface EndpointServices {
  store: PromotionStore;
  sagemaker: SageMakerClient;
  sfn: SFNClient;
}

/**
 * The answer for a state that waits for a configuration; undefined while the endpoint changes. `InService` is
 * not enough: an endpoint that SageMaker rolled back is in service too, on the configuration before.
 */
function answerFor(state: EndpointState | undefined, callback: EndpointCallback): TaskAnswer | undefined {
  const { endpoint, endpointConfig } = callback;
  if (state?.status === 'InService' && state.endpointConfig === endpointConfig) {
    return { output: callback.output };
  }
  // Until SageMaker has accepted the change, the endpoint shows the state before it.
  if (!callback.requested || (state !== undefined && isChanging(state.status))) return undefined;
  const reason = state?.failureReason ?? 'SageMaker gave no reason';
  if (state === undefined) return failure(`Endpoint ${endpoint} was deleted while it was being deployed`);
  if (state.status === 'InService') {
    const where = `Endpoint ${endpoint} is in service on ${state.endpointConfig} instead of ${endpointConfig}`;
    if (callback.before !== undefined && state.endpointConfig !== callback.before) {
      return failure(`${where}: another caller has changed it (it was on ${callback.before})`);
    }
    return { error: ROLLED_BACK, cause: `${where}: SageMaker rolled back (${reason})` };
  }
  return failure(`Endpoint ${endpoint} is ${state.status}: ${reason}`);
}

const failure = (cause: string): TaskAnswer => ({ error: 'DeploymentFailed', cause });

/** Answers the waiting state, if there is an answer yet. */
export async function settleEndpointTask(
  { store, sfn }: Pick<EndpointServices, 'store' | 'sfn'>,
  state: EndpointState | undefined,
  callback: EndpointCallback,
): Promise<Settled> {
  const answer = answerFor(state, callback);
  if (answer === undefined) return 'running';
  if (!(await answerTask(sfn, callback.token, answer))) return 'not waiting';
  await store.endpointCallbacks.remove(callback);
  return 'answered';
}

const isSameWait = (one: object, other: object) => JSON.stringify(one) === JSON.stringify(other);

/** The configuration to wait for, and how to request it. */
export interface Change extends Omit<EndpointCallback, 'schemaVersion' | 'requested' | 'before'> {
  /**
   * Requests the change from SageMaker, as this state of the endpoint allows.
   *
   * @returns false when there is nothing to wait for: `output` is the answer
   * @throws BusyError when that is not possible now
   */
  request(state: EndpointState | undefined): Promise<boolean>;
}

/**
 * Brings an endpoint to a configuration on behalf of a waiting state. The token is stored before anything is
 * requested. A retry (perhaps after a lost event) finds in that record whether the change was accepted, and
 * then answers by the endpoint's true state instead of requesting it a second time.
 */
export async function startEndpointTask(services: EndpointServices, change: Change): Promise<Settled> {
  const { store, sagemaker, sfn } = services;
  const { token, endpoint, endpointConfig, deployment, output } = change;
  const found = await store.endpointCallbacks.find(change);
  // A record of another wait is left over from an execution that ended meanwhile.
  const before = found !== undefined && isSameWait(found.output, output) ? found : undefined;
  let callback: EndpointCallback = {
    schemaVersion: 1,
    token,
    endpoint,
    endpointConfig,
    ...(deployment === undefined ? {} : { deployment }),
    requested: before?.requested ?? false,
    ...(before?.before === undefined ? {} : { before: before.before }),
    output,
  };
  await store.endpointCallbacks.save(callback);

  let state = await describeEndpoint(sagemaker, endpoint);
  // The configuration's name is derived from its content, so this promotion asked for a change that leads to
  // it.
  const ours = state?.endpointConfig === endpointConfig || state?.pendingConfig === endpointConfig;
  if (callback.requested || (ours && state?.status !== 'Deleting')) {
    callback = { ...callback, requested: true };
    await store.endpointCallbacks.save(callback);
    return settleEndpointTask(services, state, callback);
  }

  if (!(await change.request(state))) {
    await answerTask(sfn, token, { output });
    await store.endpointCallbacks.remove(callback);
    return 'answered';
  }
  callback = {
    ...callback,
    requested: true,
    ...(state === undefined ? {} : { before: state.endpointConfig }),
  };
  await store.endpointCallbacks.save(callback);
  // An endpoint that was ready (or had failed) before this record was written has sent its event in vain.
  state = await describeEndpoint(sagemaker, endpoint);
  if (state?.endpointConfig !== endpointConfig) return 'running';
  return settleEndpointTask(services, state, callback);
}
