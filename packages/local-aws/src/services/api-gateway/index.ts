import * as schemas from '@aws-sdk/client-api-gateway';
import { defineService } from '../../define-service.ts';
import { RestApis } from './apis.ts';
import type { ApiGatewayContext } from './context.ts';
import { EXECUTE_PREFIX, executeApi } from './execute.ts';
import { getDeployments, getResources, getRestApi, getRestApis } from './operations/apis.ts';
import {
  getStage,
  getStages,
  getTags,
  tagResource,
  untagResource,
  updateStage,
} from './operations/stages.ts';
import {
  createApiKey,
  createUsagePlanKey,
  deleteApiKey,
  getApiKey,
  getApiKeys,
  getUsagePlanKeys,
  getUsagePlans,
  updateUsagePlan,
} from './operations/usage-plans.ts';
import { apiGatewayResources } from './resources.ts';
import { UsagePlans } from './usage-plans.ts';

/**
 * API Gateway's REST APIs, with Lambda proxy integrations, API keys and usage plans. They are invoked under
 * `/_aws/execute-api/`.
 *
 * Templates create them. This API reads them, makes and deletes keys, and can change a few settings of stages
 * and usage plans. No role may use it: it has no `permissions`.
 */
export const createApiGateway = defineService<ApiGatewayContext>({
  signingName: 'apigateway',
  protocol: 'rest-json',
  schemas,
  paths: [/^\/(restapis|apikeys|usageplans|domainnames|account)(\/|$)/],
  validationCode: 'BadRequestException',
  createContext: (world) => ({ world, apis: new RestApis(world), usagePlans: new UsagePlans(world) }),
  operations: {
    CreateApiKey: createApiKey,
    CreateUsagePlanKey: createUsagePlanKey,
    DeleteApiKey: deleteApiKey,
    GetApiKey: getApiKey,
    GetApiKeys: getApiKeys,
    GetDeployments: getDeployments,
    GetResources: getResources,
    GetRestApi: getRestApi,
    GetRestApis: getRestApis,
    GetStage: getStage,
    GetStages: getStages,
    GetTags: getTags,
    GetUsagePlanKeys: getUsagePlanKeys,
    GetUsagePlans: getUsagePlans,
    TagResource: tagResource,
    UntagResource: untagResource,
    UpdateStage: updateStage,
    UpdateUsagePlan: updateUsagePlan,
  },
  resources: ({ world, apis, usagePlans }) => apiGatewayResources(world, apis, usagePlans),
  routes: ({ world, apis, usagePlans }) => ({ [EXECUTE_PREFIX]: executeApi(world, apis, usagePlans) }),
  stop: ({ usagePlans }) => usagePlans.write(),
});
