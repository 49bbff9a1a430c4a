import * as schemas from '@aws-sdk/client-api-gateway';
import type { Service, ServiceFactory } from '../../service.ts';
import { RestApis } from './apis.ts';
import { EXECUTE_PREFIX, executeApi } from './execute.ts';
import { apiGatewayOperations } from './operations.ts';
import { apiGatewayResources } from './resources.ts';
import { UsagePlans } from './usage-plans.ts';

/** API Gateway, REST APIs: Lambda proxy integrations, API keys and usage plans, called under `/_aws/execute-api/`. */
export const createApiGateway: ServiceFactory = (world): Service => {
  const apis = new RestApis(world);
  const usagePlans = new UsagePlans(world);
  return {
    signingName: 'apigateway',
    protocol: 'rest-json',
    paths: [/^\/(restapis|apikeys|usageplans|domainnames|account)(\/|$)/],
    validationCode: 'BadRequestException',
    schemas,
    operations: apiGatewayOperations(apis, usagePlans),
    resources: apiGatewayResources(world, apis, usagePlans),
    routes: { [EXECUTE_PREFIX]: executeApi(world, apis, usagePlans) },
    stop: () => usagePlans.write(),
  };
};
