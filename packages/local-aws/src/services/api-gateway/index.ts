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
  getApiKey,
  getApiKeys,
  getUsagePlanKeys,
  getUsagePlans,
  updateUsagePlan,
} from './operations/usage-plans.ts';
import { apiGatewayResources } from './resources.ts';
import { UsagePlans } from './usage-plans.ts';

/**
 * API Gateway, REST APIs: Lambda proxy integrations, API keys and usage plans, called under `/_aws/execute-api/`. What is
 * there comes from templates; stages and usage plans can be changed a little. Only the account itself may ask for it.
 */
export const createApiGateway = defineService<ApiGatewayContext>({
  signingName: 'apigateway',
  protocol: 'rest-json',
  schemas,
  paths: [/^\/(restapis|apikeys|usageplans|domainnames|account)(\/|$)/],
  validationCode: 'BadRequestException',
  createContext: (world) => ({ world, apis: new RestApis(world), usagePlans: new UsagePlans(world) }),
  operations: {
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
