import { parse } from '#core/parse.ts';
import type { ResourceType, World } from '../../service.ts';
import { apiGatewayId, type RestApis } from './apis.ts';
import {
  apiKeyProperties,
  deploymentProperties,
  gatewayResponseProperties,
  methodProperties,
  resourceProperties,
  restApiProperties,
  stageProperties,
  usagePlanKeyProperties,
  usagePlanProperties,
} from './properties.ts';
import type { UsagePlans } from './usage-plans.ts';

/** What the packaged template may say about REST APIs. Ids are derived from the stack and the logical id. */
export function apiGatewayResources(
  world: World,
  apis: RestApis,
  usagePlans: UsagePlans,
): Record<string, ResourceType> {
  return {
    'AWS::ApiGateway::RestApi': (logicalId, given, stack) => {
      const properties = parse(restApiProperties, given, `AWS::ApiGateway::RestApi "${logicalId}"`);
      const id = apiGatewayId(stack.name, logicalId);
      const rootId = apiGatewayId(stack.name, logicalId, 'root');
      apis.add({
        id,
        name: properties.Name,
        description: properties.Description,
        binaryMediaTypes: properties.BinaryMediaTypes,
        rootId,
        resources: new Map([
          [rootId, { id: rootId, parent: undefined, part: undefined, path: '/', methods: new Map() }],
        ]),
        stages: new Map(),
        gatewayResponses: new Map(),
        createdAt: world.clock.now(),
      });
      return { ref: id, attributes: { RootResourceId: rootId, RestApiId: id } };
    },

    'AWS::ApiGateway::Resource': (logicalId, given, stack) => {
      const properties = parse(resourceProperties, given, `AWS::ApiGateway::Resource "${logicalId}"`);
      const parent = apis.resource(properties.RestApiId, properties.ParentId);
      const id = apiGatewayId(stack.name, logicalId);
      const path = `${parent.path === '/' ? '' : parent.path}/${properties.PathPart}`;
      const resource = { id, parent: parent.id, part: properties.PathPart, path, methods: new Map() };
      apis.get(properties.RestApiId).resources.set(id, resource);
      return { ref: id, attributes: { ResourceId: id } };
    },

    'AWS::ApiGateway::Method': (logicalId, given, stack) => {
      const properties = parse(methodProperties, given, `AWS::ApiGateway::Method "${logicalId}"`);
      apis
        .resource(properties.RestApiId, properties.ResourceId)
        .methods.set(properties.HttpMethod, properties);
      return { ref: stack.physicalName(logicalId) };
    },

    'AWS::ApiGateway::Deployment': (logicalId, given) => {
      const properties = parse(deploymentProperties, given, `AWS::ApiGateway::Deployment "${logicalId}"`);
      // A logical id with the time of packaging in it must not make a new id at every start.
      const id = apiGatewayId(properties.RestApiId, 'deployment');
      if (properties.StageName !== undefined) {
        const stage = {
          name: properties.StageName,
          deploymentId: id,
          variables: {},
          createdAt: world.clock.now(),
        };
        apis.get(properties.RestApiId).stages.set(stage.name, stage);
      }
      return { ref: id, attributes: { DeploymentId: id } };
    },

    'AWS::ApiGateway::Stage': (logicalId, given) => {
      const properties = parse(stageProperties, given, `AWS::ApiGateway::Stage "${logicalId}"`);
      apis.get(properties.RestApiId).stages.set(properties.StageName, {
        name: properties.StageName,
        deploymentId: properties.DeploymentId,
        variables: properties.Variables,
        createdAt: world.clock.now(),
      });
      return { ref: properties.StageName };
    },

    'AWS::ApiGateway::ApiKey': (logicalId, given, stack) => {
      const properties = parse(apiKeyProperties, given, `AWS::ApiGateway::ApiKey "${logicalId}"`);
      const id = apiGatewayId(stack.name, logicalId);
      const name = properties.Name ?? stack.physicalName(logicalId);
      usagePlans.addKey(id, name, properties.Description, properties.Enabled, properties.Value);
      return { ref: id, attributes: { APIKeyId: id } };
    },

    'AWS::ApiGateway::UsagePlan': (logicalId, given, stack) => {
      const properties = parse(usagePlanProperties, given, `AWS::ApiGateway::UsagePlan "${logicalId}"`);
      const id = apiGatewayId(stack.name, logicalId);
      const name = properties.UsagePlanName ?? stack.physicalName(logicalId);
      usagePlans.plans.set(id, { id, name, properties, keyIds: new Set() });
      return { ref: id, attributes: { Id: id } };
    },

    'AWS::ApiGateway::UsagePlanKey': (logicalId, given) => {
      const properties = parse(usagePlanKeyProperties, given, `AWS::ApiGateway::UsagePlanKey "${logicalId}"`);
      usagePlans.plans.get(properties.UsagePlanId)?.keyIds.add(properties.KeyId);
      const id = `${properties.KeyId}:${properties.UsagePlanId}`;
      return { ref: id, attributes: { Id: id } };
    },

    'AWS::ApiGateway::GatewayResponse': (logicalId, given) => {
      const properties = parse(
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
  };
}
