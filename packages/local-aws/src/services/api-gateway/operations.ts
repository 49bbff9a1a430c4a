import type * as apigateway from '@aws-sdk/client-api-gateway';
import { type Operation, ServiceError } from '../../service.ts';
import type { Deployment, RestApi, RestApis, Stage } from './apis.ts';
import { stageChanges, withoutStages } from './patches.ts';
import type { ApiKey, UsagePlan, UsagePlans } from './usage-plans.ts';

/** The control plane: what is there comes from templates; stages and usage plans can be changed a little. */
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
    GetStage: (input: apigateway.GetStageRequest): apigateway.Stage =>
      shownStage(stageOf(api(input.restApiId), input.stageName)),
    UpdateStage: (input: apigateway.UpdateStageRequest): apigateway.Stage => {
      const found = api(input.restApiId);
      const changes = stageChanges(input.patchOperations ?? []);
      return shownStage(apis.changeStage(found, stageOf(found, input.stageName), changes));
    },
    GetDeployments: (input: apigateway.GetDeploymentsRequest): apigateway.Deployments => ({
      items: [...api(input.restApiId).deployments.values()].map(shownDeployment),
    }),
    TagResource: (input: apigateway.TagResourceRequest) => {
      const [found, stage] = taggedStage(input.resourceArn);
      apis.changeStage(found, stage, { tags: { ...stage.tags, ...input.tags } });
    },
    UntagResource: (input: apigateway.UntagResourceRequest) => {
      const [found, stage] = taggedStage(input.resourceArn);
      const tags = Object.entries(stage.tags).filter(([key]) => !input.tagKeys?.includes(key));
      apis.changeStage(found, stage, { tags: Object.fromEntries(tags) });
    },
    GetTags: (input: apigateway.GetTagsRequest): apigateway.Tags => ({
      tags: taggedStage(input.resourceArn)[1].tags,
    }),
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
    UpdateUsagePlan: (input: apigateway.UpdateUsagePlanRequest): apigateway.UsagePlan => {
      const plan = usagePlans.plans.get(input.usagePlanId ?? '');
      if (plan === undefined) throw notFound('Usage Plan');
      const changed = withoutStages(plan, input.patchOperations ?? []);
      usagePlans.plans.set(plan.id, changed);
      return shownPlan(changed);
    },
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

  /** Only stages have tags here. */
  function taggedStage(arn: string | undefined): [RestApi, Stage] {
    const [, apiId, stageName] = /:\/restapis\/([^/]+)\/stages\/([^/]+)$/.exec(arn ?? '') ?? [];
    if (apiId === undefined) {
      throw new ServiceError('BadRequestException', `The local AWS has tags of stages, not of ${arn}`);
    }
    const found = api(apiId);
    return [found, stageOf(found, stageName)];
  }
}

function stageOf(api: RestApi, name: string | undefined): Stage {
  const stage = api.stages.get(name ?? '');
  if (stage === undefined) throw notFound('stage');
  return stage;
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
    tracingEnabled: stage.tracingEnabled,
    tags: stage.tags,
    ...(stage.description === undefined ? {} : { description: stage.description }),
    createdDate: new Date(stage.createdAt),
    lastUpdatedDate: new Date(stage.updatedAt),
  };
}

function shownDeployment({ id, description, createdAt }: Deployment): apigateway.Deployment {
  return {
    id,
    createdDate: new Date(createdAt),
    ...(description === undefined ? {} : { description }),
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
