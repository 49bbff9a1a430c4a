import type * as apigateway from '@aws-sdk/client-api-gateway';
import type { Deployment, RestApi } from '../apis.ts';
import type { ApiGatewayContext } from '../context.ts';
import { findApi } from '../find.ts';

export function getRestApis({ apis }: ApiGatewayContext): apigateway.RestApis {
  return { items: apis.list().map(shownApi) };
}

export function getRestApi(
  { apis }: ApiGatewayContext,
  input: apigateway.GetRestApiRequest,
): apigateway.RestApi {
  return shownApi(findApi(apis, input.restApiId));
}

export function getResources(
  { apis }: ApiGatewayContext,
  input: apigateway.GetResourcesRequest,
): apigateway.Resources {
  return {
    items: [...findApi(apis, input.restApiId).resources.values()].map(({ id, parent, part, path }) => ({
      id,
      path,
      ...(parent === undefined ? {} : { parentId: parent }),
      ...(part === undefined ? {} : { pathPart: part }),
    })),
  };
}

export function getDeployments(
  { apis }: ApiGatewayContext,
  input: apigateway.GetDeploymentsRequest,
): apigateway.Deployments {
  return { items: [...findApi(apis, input.restApiId).deployments.values()].map(shownDeployment) };
}

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

function shownDeployment({ id, description, createdAt }: Deployment): apigateway.Deployment {
  return {
    id,
    createdDate: new Date(createdAt),
    ...(description === undefined ? {} : { description }),
  };
}
