import type { EndpointStatus } from '@aws-sdk/client-sagemaker';
import { BusyError, DeploymentFailedError } from '#core/errors.ts';
import type { EndpointState } from './endpoints.ts';

/**
 * What is to become of an endpoint: `deploy` puts a configuration on it, `restore` puts the one before back,
 * `delete` removes it.
 */
export type Goal = 'deploy' | 'restore' | 'delete';
export type Status = EndpointStatus | 'absent';

const WAITING = {
  Creating: 'wait',
  Updating: 'wait',
  SystemUpdating: 'wait',
  RollingBack: 'wait',
  Deleting: 'wait',
} as const satisfies Partial<Record<EndpointStatus, 'wait'>>;

/**
 * What an endpoint's status allows (docs/decisions/endpoint-transitions.md). SageMaker documents the waiting
 * statuses as changes under way, in which it takes no other request; a failed endpoint can only be deleted.
 */
export const transitions = {
  deploy: {
    ...WAITING,
    absent: 'create',
    InService: 'update',
    Failed: 'recreate',
    UpdateRollbackFailed: 'refuse',
    OutOfService: 'refuse',
  },
  restore: {
    ...WAITING,
    absent: 'refuse',
    InService: 'update',
    Failed: 'refuse',
    UpdateRollbackFailed: 'refuse',
    OutOfService: 'refuse',
  },
  delete: {
    ...WAITING,
    Deleting: 'nothing',
    absent: 'nothing',
    InService: 'delete',
    Failed: 'delete',
    UpdateRollbackFailed: 'delete',
    OutOfService: 'delete',
  },
} as const satisfies Record<Goal, Record<Status, string>>;

/** The steps that may follow: `recreate` deletes the endpoint first, so that a later attempt creates it. */
export type Step<For extends Goal> = Exclude<(typeof transitions)[For][Status], 'wait' | 'refuse'>;

const changing = new Set(Object.keys(WAITING).map((status) => status.toUpperCase()));

/**
 * Whether an endpoint changes now, and leaves this status by itself.
 *
 * @param status as SageMaker's API writes it (`InService`), or its events (`IN_SERVICE`)
 */
export const isChanging = (status: string): boolean => changing.has(status.replaceAll('_', '').toUpperCase());

/**
 * The next step towards a goal.
 *
 * @param state undefined when there is no endpoint
 * @throws BusyError while the endpoint changes, or has a status that this table does not know
 * @throws DeploymentFailedError when waiting does not help
 */
export function nextStep<For extends Goal>(
  goal: For,
  endpoint: string,
  state: Pick<EndpointState, 'status' | 'failureReason'> | undefined,
): Step<For> {
  const status = state?.status ?? 'absent';
  const found: (typeof transitions)[Goal][Status] | undefined = transitions[goal][status];
  if (found === 'refuse') throw refusal(goal, endpoint, status, state?.failureReason);
  if (found === 'wait' || found === undefined) throw new BusyError(`Endpoint ${endpoint} is ${status}`);
  return found as Step<For>;
}

const hints: Partial<Record<Status, string>> = {
  UpdateRollbackFailed: 'It serves a mix of two configurations. Delete it, and start the promotion again.',
  OutOfService: 'It takes no requests. Delete it, and start the promotion again.',
};

function refusal(goal: Goal, endpoint: string, status: Status, reason = 'SageMaker gave no reason') {
  const state = status === 'absent' ? 'gone' : `${status} (${reason})`;
  const consequence = goal === 'restore' ? ', so its previous configuration cannot be put back' : '';
  return new DeploymentFailedError(`Endpoint ${endpoint} is ${state}${consequence}`, {
    hint: hints[status] ?? 'The next promotion creates the endpoint again.',
  });
}
