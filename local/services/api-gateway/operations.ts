import type * as apigateway from '@aws-sdk/client-api-gateway';
import { type Operation, ServiceError } from '../../service.ts';
import type { RestApi, RestApis, Stage } from './apis.ts';
import type { ApiKey, UsagePlan, UsagePlans } from './usage-plans.ts';

/** The control plane, for reading: what is there comes from the template. */
export function apiGatewayOperations(apis: RestApis, usagePlans: UsagePlans): Record<string, Operation> {
  return {
    GetRestApis: (): apigateway.RestApis => ({ items: apis.list().map(shownApi) }),
    GetRestApi: (input: apigateway.GetRestApiRequest): apigateway.RestApi => shownApi(api(input.restApiId)),
    GetResources: (input: apigateway.GetResourcesRequest): apigateway.Resources => ({
      items: [...api(input.restApiId).resources.values()].map(({ id, parent, part, path }) => ({
        id,
        path,
        ...(parent === undefined ? {} : { parentId: parent }),
        ...(part === undefined ? {} : { pathPart: part }),
      })),
    }),
    GetStages: (input: apigateway.GetStagesRequest): apigateway.Stages => ({
      item: [...api(input.restApiId).stages.values()].map(shownStage),
    }),
    GetStage: (input: apigateway.GetStageRequest): apigateway.Stage => {
      const stage = api(input.restApiId).stages.get(input.stageName ?? '');
      if (stage === undefined) throw notFound('stage');
      return shownStage(stage);
    },
    GetApiKeys: (input: apigateway.GetApiKeysRequest): apigateway.ApiKeys => ({
      items: [...usagePlans.keys.values()]
        .filter((key) => key.name.startsWith(input.nameQuery ?? ''))
        .map((key) => shownKey(key, input.includeValues === true)),
    }),
    GetApiKey: (input: apigateway.GetApiKeyRequest): apigateway.ApiKey => {
      const key = usagePlans.keys.get(input.apiKey ?? '');
      if (key === undefined) throw notFound('API Key');
      return shownKey(key, input.includeValue === true);
    },
    GetUsagePlans: (input: apigateway.GetUsagePlansRequest): apigateway.UsagePlans => ({
      items: [...usagePlans.plans.values()]
        .filter((plan) => input.keyId === undefined || plan.keyIds.has(input.keyId))
        .map(shownPlan),
    }),
    GetUsagePlanKeys: (input: apigateway.GetUsagePlanKeysRequest): apigateway.UsagePlanKeys => {
      const plan = usagePlans.plans.get(input.usagePlanId ?? '');
      if (plan === undefined) throw notFound('Usage Plan');
      const keys = [...plan.keyIds].flatMap((id) => usagePlans.keys.get(id) ?? []);
      return { items: keys.map(({ id, name }) => ({ id, name, type: 'API_KEY' })) };
    },
  };

  function api(id: string | undefined): RestApi {
    const found = apis.find(id ?? '');
    if (found === undefined) throw notFound('API');
    return found;
  }
}

const notFound = (what: string) =>
  new ServiceError('NotFoundException', `Invalid ${what} identifier specified`, 404);

function shownApi(api: RestApi): apigateway.RestApi {
  return {
    id: api.id,
    name: api.name,
    ...(api.description === undefined ? {} : { description: api.description }),
    createdDate: new Date(api.createdAt),
    binaryMediaTypes: api.binaryMediaTypes,
    apiKeySource: 'HEADER',
    rootResourceId: api.rootId,
  };
}

function shownStage(stage: Stage): apigateway.Stage {
  return {
    stageName: stage.name,
    deploymentId: stage.deploymentId,
    variables: stage.variables,
    createdDate: new Date(stage.createdAt),
    lastUpdatedDate: new Date(stage.createdAt),
  };
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
