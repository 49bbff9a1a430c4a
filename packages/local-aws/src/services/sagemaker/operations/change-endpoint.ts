import type {
  CreateEndpointCommandInput,
  CreateEndpointCommandOutput,
  DeleteEndpointCommandInput,
  UpdateEndpointCommandInput,
  UpdateEndpointCommandOutput,
} from '@aws-sdk/client-sagemaker';
import { arnOf, type SageMakerControl } from '../context.ts';
import { publishEndpoint } from '../endpoints/events.ts';
import { checkAlarms, checkRollout } from '../endpoints/rollout.ts';
import { alreadyExisting, validation } from '../errors.ts';
import type { EndpointRecord, VariantPlan } from '../records.ts';
import { refuseMembers } from '../refused.ts';
import { findEndpoint } from './describe-endpoint.ts';
import { planOf } from './endpoint-configs.ts';
import { putTags } from './tags.ts';

const REFUSED = ['DeploymentConfig.RollingUpdatePolicy'];

export function createEndpoint(
  sagemaker: SageMakerControl,
  input: CreateEndpointCommandInput,
): Omit<CreateEndpointCommandOutput, '$metadata'> {
  refuseMembers('CreateEndpoint', input, REFUSED);
  const { store, world } = sagemaker;
  const name = input.EndpointName!;
  const arn = arnOf(sagemaker, 'endpoint', name);
  if (store.endpoints.list().some(({ value }) => value.arn === arn)) throw alreadyExisting('endpoint', arn);
  const now = world.clock.now();
  const endpoint: EndpointRecord = {
    name,
    arn,
    status: 'Creating',
    config: input.EndpointConfigName!,
    plan: planOf(sagemaker, input.EndpointConfigName!),
    created: now,
    modified: now,
  };
  store.endpoints.put(name, endpoint);
  putTags(sagemaker, arn, input.Tags);
  publishEndpoint(sagemaker, endpoint);
  sagemaker.controller.create(name);
  return { EndpointArn: arn };
}

export async function updateEndpoint(
  sagemaker: SageMakerControl,
  input: UpdateEndpointCommandInput,
): Promise<Omit<UpdateEndpointCommandOutput, '$metadata'>> {
  refuseMembers('UpdateEndpoint', input, [...REFUSED, 'RetainDeploymentConfig']);
  const [variant] = planOf(sagemaker, input.EndpointConfigName!);
  await checkAlarms(sagemaker, input.DeploymentConfig, variant!.roleArn);
  const endpoint = findEndpoint(sagemaker, input.EndpointName!);
  if (endpoint.status === 'Failed') throw validation(`Cannot update failed endpoint "${endpoint.arn}".`);
  if (endpoint.status !== 'InService') throw inProgress(endpoint);
  const wanted = planOf(sagemaker, input.EndpointConfigName!);
  const isServerless = (plan: readonly VariantPlan[]) => plan.some(({ serverless }) => serverless);
  if (!isServerless(endpoint.plan) && isServerless(wanted)) {
    throw validation(`Cannot update the real-time endpoint "${endpoint.arn}" to a serverless configuration.`);
  }
  const plan = input.RetainAllVariantProperties ? retained(endpoint.plan, wanted, input) : wanted;
  checkRollout(input.DeploymentConfig, endpoint.plan, plan);
  sagemaker.controller.change(endpoint.name, {
    status: 'Updating',
    pending: {
      config: input.EndpointConfigName!,
      plan,
      started: sagemaker.world.clock.now(),
      ...(input.DeploymentConfig === undefined ? {} : { deployment: input.DeploymentConfig }),
    },
  });
  sagemaker.controller.update(endpoint.name);
  return { EndpointArn: endpoint.arn };
}

/** SageMaker starts and stops containers in both; a failed endpoint can only be deleted. */
export function deleteEndpoint(sagemaker: SageMakerControl, input: DeleteEndpointCommandInput) {
  const endpoint = findEndpoint(sagemaker, input.EndpointName!);
  if (endpoint.status !== 'InService' && endpoint.status !== 'Failed') throw inProgress(endpoint);
  sagemaker.controller.change(endpoint.name, { status: 'Deleting' });
  sagemaker.controller.delete(endpoint.name);
  return {};
}

const inProgress = ({ arn }: EndpointRecord) => validation(`Cannot update in-progress endpoint "${arn}".`);

/** Instance counts, weights and data capture of variants with the same name stay. */
function retained(
  before: readonly VariantPlan[],
  wanted: readonly VariantPlan[],
  { ExcludeRetainedVariantProperties: excluded = [] }: UpdateEndpointCommandInput,
): VariantPlan[] {
  const changes = new Set(excluded.map(({ VariantPropertyType }) => VariantPropertyType));
  return wanted.map((variant) => {
    const old = before.find(({ name }) => name === variant.name);
    if (old === undefined) return variant;
    const { capture: _capture, ...rest } = variant;
    return {
      ...(changes.has('DataCaptureConfig')
        ? variant
        : { ...rest, ...(old.capture === undefined ? {} : { capture: old.capture }) }),
      ...(changes.has('DesiredInstanceCount') || old.instanceCount === undefined || variant.serverless
        ? {}
        : { instanceCount: old.instanceCount }),
      ...(changes.has('DesiredWeight') ? {} : { weight: old.weight }),
    };
  });
}
