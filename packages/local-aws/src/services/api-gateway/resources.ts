import type { ResourceType, World } from '../../service.ts';
import { parseProperties } from '../../template/properties.ts';
import { apiGatewayId, type RestApis } from './apis.ts';
import {
  gatewayResponseProperties,
  methodProperties,
  resourceProperties,
  restApiProperties,
} from './properties.ts';
import { stageResources } from './stage-resources.ts';
import { usagePlanResources } from './usage-plan-resources.ts';
import type { UsagePlans } from './usage-plans.ts';

/** What a template may say about REST APIs. Ids are derived from the stack and the logical id. */
export function apiGatewayResources(
  world: World,
  apis: RestApis,
  usagePlans: UsagePlans,
): Record<string, ResourceType> {
  return {
    'AWS::ApiGateway::RestApi': {
      put(logicalId, given, stack) {
        const properties = parseProperties(
          restApiProperties,
          given,
          `AWS::ApiGateway::RestApi "${logicalId}"`,
        );
        const id = apiGatewayId(stack.name, logicalId);
        const rootId = apiGatewayId(stack.name, logicalId, 'root');
        apis.put({
          id,
          name: properties.Name,
          description: properties.Description,
          binaryMediaTypes: properties.BinaryMediaTypes,
          rootId,
        });
        return { ref: id, attributes: { RootResourceId: rootId, RestApiId: id } };
      },
      remove: ({ physicalId }) => apis.delete(physicalId),
    },

    'AWS::ApiGateway::Resource': {
      createOnly: ['RestApiId', 'ParentId', 'PathPart'],
      put(logicalId, given, stack) {
        const properties = parseProperties(
          resourceProperties,
          given,
          `AWS::ApiGateway::Resource "${logicalId}"`,
        );
        const parent = apis.resource(properties.RestApiId, properties.ParentId);
        const id = apiGatewayId(stack.name, stack.physicalName(logicalId));
        const path = `${parent.path === '/' ? '' : parent.path}/${properties.PathPart}`;
        const { resources } = apis.get(properties.RestApiId);
        const methods = resources.get(id)?.methods ?? new Map();
        resources.set(id, { id, parent: parent.id, part: properties.PathPart, path, methods });
        return { ref: id, attributes: { ResourceId: id } };
      },
      remove: ({ physicalId, properties }) =>
        void apis.find(properties.RestApiId)?.resources.delete(physicalId),
    },

    'AWS::ApiGateway::Method': {
      createOnly: ['RestApiId', 'ResourceId', 'HttpMethod'],
      put(logicalId, given, stack) {
        const properties = parseProperties(methodProperties, given, `AWS::ApiGateway::Method "${logicalId}"`);
        apis
          .resource(properties.RestApiId, properties.ResourceId)
          .methods.set(properties.HttpMethod, properties);
        return { ref: stack.physicalName(logicalId) };
      },
      remove({ properties: { RestApiId, ResourceId, HttpMethod } }) {
        apis.find(RestApiId)?.resources.get(ResourceId)?.methods.delete(HttpMethod);
      },
    },

    'AWS::ApiGateway::GatewayResponse': {
      createOnly: ['RestApiId', 'ResponseType'],
      put(logicalId, given) {
        const properties = parseProperties(
          gatewayResponseProperties,
          given,
          `AWS::ApiGateway::GatewayResponse "${logicalId}"`,
        );
        const headers: Record<string, string> = {};
        for (const [name, value] of Object.entries(properties.ResponseParameters)) {
          const header = /^gatewayresponse\.header\.(.+)$/.exec(name)?.[1];
          if (header !== undefined) headers[header.toLowerCase()] = value.replace(/^'(.*)'$/s, '$1');
        }
        apis.get(properties.RestApiId).gatewayResponses.set(properties.ResponseType, {
          statusCode: properties.StatusCode,
          headers,
          template: properties.ResponseTemplates['application/json'],
        });
        return { ref: apiGatewayId(properties.RestApiId, properties.ResponseType) };
      },
      remove: ({ properties: { RestApiId, ResponseType } }) =>
        void apis.find(RestApiId)?.gatewayResponses.delete(ResponseType),
    },

    ...stageResources(world, apis),
    ...usagePlanResources(usagePlans),
  };
}
