import type * as apigateway from '@aws-sdk/client-api-gateway';
import { ServiceError } from '../../../service.ts';
import type { ApiGatewayContext } from '../context.ts';
import { notFound } from '../find.ts';
import { withoutStages } from '../patches.ts';
import type { ApiKey, UsagePlan, UsagePlans } from '../usage-plans.ts';

export function getApiKeys(
  { usagePlans }: ApiGatewayContext,
  input: apigateway.GetApiKeysRequest,
): apigateway.ApiKeys {
  return {
    items: [...usagePlans.keys.values()]
      .filter((key) => key.name.startsWith(input.nameQuery ?? ''))
      .map((key) => shownKey(key, input.includeValues === true)),
  };
}

export function getApiKey(
  { usagePlans }: ApiGatewayContext,
  input: apigateway.GetApiKeyRequest,
): apigateway.ApiKey {
  const key = usagePlans.keys.get(input.apiKey ?? '');
  if (key === undefined) throw notFound('API Key');
  return shownKey(key, input.includeValue === true);
}

export function createApiKey(
  { usagePlans }: ApiGatewayContext,
  input: apigateway.CreateApiKeyRequest,
): apigateway.ApiKey {
  const { name = '', description, enabled = false, value } = input;
  if (value !== undefined && (value.length < 20 || value.length > 128)) {
    throw new ServiceError('BadRequestException', 'API Key value should be at least 20 characters');
  }
  if ([...usagePlans.keys.values()].some((key) => value !== undefined && key.value === value)) {
    throw new ServiceError('ConflictException', 'API Key already exists', 409);
  }
  return shownKey(usagePlans.makeKey({ name, description, enabled }, value), true);
}

export function deleteApiKey({ usagePlans }: ApiGatewayContext, input: apigateway.DeleteApiKeyRequest): void {
  if (!usagePlans.keys.has(input.apiKey ?? '')) throw notFound('API Key');
  usagePlans.removeKey(input.apiKey ?? '');
}

export function createUsagePlanKey(
  { usagePlans }: ApiGatewayContext,
  input: apigateway.CreateUsagePlanKeyRequest,
): apigateway.UsagePlanKey {
  const plan = findPlan(usagePlans, input.usagePlanId);
  const key = usagePlans.keys.get(input.keyId ?? '');
  if (key === undefined) throw notFound('API Key');
  if (plan.keyIds.has(key.id)) {
    throw new ServiceError('ConflictException', 'Usage Plan Key already exists', 409);
  }
  usagePlans.attach(key.id, plan);
  return { id: key.id, name: key.name, type: 'API_KEY' };
}

export function getUsagePlans(
  { usagePlans }: ApiGatewayContext,
  input: apigateway.GetUsagePlansRequest,
): apigateway.UsagePlans {
  return {
    items: [...usagePlans.plans.values()]
      .filter((plan) => input.keyId === undefined || plan.keyIds.has(input.keyId))
      .map(shownPlan),
  };
}

export function updateUsagePlan(
  { usagePlans }: ApiGatewayContext,
  input: apigateway.UpdateUsagePlanRequest,
): apigateway.UsagePlan {
  const changed = withoutStages(findPlan(usagePlans, input.usagePlanId), input.patchOperations ?? []);
  usagePlans.plans.set(changed.id, changed);
  return shownPlan(changed);
}

export function getUsagePlanKeys(
  { usagePlans }: ApiGatewayContext,
  input: apigateway.GetUsagePlanKeysRequest,
): apigateway.UsagePlanKeys {
  const { keyIds } = findPlan(usagePlans, input.usagePlanId);
  const keys = [...keyIds].flatMap((id) => usagePlans.keys.get(id) ?? []);
  return { items: keys.map(({ id, name }) => ({ id, name, type: 'API_KEY' })) };
}

function findPlan(usagePlans: UsagePlans, id: string | undefined): UsagePlan {
  const plan = usagePlans.plans.get(id ?? '');
  if (plan === undefined) throw notFound('Usage Plan');
  return plan;
}

function shownKey(key: ApiKey, withValue: boolean): apigateway.ApiKey {
  return {
    id: key.id,
    name: key.name,
    enabled: key.enabled,
    createdDate: new Date(key.createdAt),
    lastUpdatedDate: new Date(key.createdAt),
    ...(key.description === undefined ? {} : { description: key.description }),
    ...(withValue ? { value: key.value } : {}),
  };
}

function shownPlan({ id, name, properties }: UsagePlan): apigateway.UsagePlan {
  const { Throttle, Quota } = properties;
  return {
    id,
    name,
    ...(properties.Description === undefined ? {} : { description: properties.Description }),
    apiStages: properties.ApiStages.map(({ ApiId, Stage: stage }) => ({ apiId: ApiId, stage })),
    ...(Throttle === undefined
      ? {}
      : { throttle: { burstLimit: Throttle.BurstLimit, rateLimit: Throttle.RateLimit } }),
    ...(Quota === undefined
      ? {}
      : { quota: { limit: Quota.Limit, period: Quota.Period, offset: Quota.Offset } }),
  };
}
