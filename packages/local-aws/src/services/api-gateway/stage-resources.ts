import type { ResourceType, World } from '../../service.ts';
import { parseProperties } from '../../template/properties.ts';
import { apiGatewayId, type RestApis } from './apis.ts';
import { deploymentProperties, stageProperties } from './properties.ts';

/** Deployments and the stages that they are on. */
export function stageResources(world: World, apis: RestApis): Record<string, ResourceType> {
  return {
    'AWS::ApiGateway::Deployment': {
      createOnly: ['RestApiId', 'StageName'],
      put(logicalId, given, stack) {
        const properties = parseProperties(
          deploymentProperties,
          given,
          `AWS::ApiGateway::Deployment "${logicalId}"`,
        );
        const api = apis.get(properties.RestApiId);
        const id = apiGatewayId(properties.RestApiId, stack.physicalName(logicalId));
        const createdAt = api.deployments.get(id)?.createdAt ?? world.clock.now();
        api.deployments.set(id, { id, description: properties.Description, createdAt });
        const name = properties.StageName;
        // A deployment that is found again after a restart takes no stage from a later one.
        if (name !== undefined && (stack.isNew || !api.stages.has(name))) {
          apis.putStage(api, { name, deploymentId: id, variables: api.stages.get(name)?.variables ?? {} });
        }
        return { ref: id, attributes: { DeploymentId: id } };
      },
      remove({ physicalId, properties: { RestApiId, StageName } }) {
        const api = apis.find(RestApiId);
        api?.deployments.delete(physicalId);
        if (api?.stages.get(StageName)?.deploymentId === physicalId) apis.deleteStage(api, StageName);
      },
    },

    'AWS::ApiGateway::Stage': {
      createOnly: ['RestApiId', 'StageName'],
      put(logicalId, given) {
        const properties = parseProperties(stageProperties, given, `AWS::ApiGateway::Stage "${logicalId}"`);
        apis.putStage(apis.get(properties.RestApiId), {
          name: properties.StageName,
          deploymentId: properties.DeploymentId,
          variables: properties.Variables,
        });
        return { ref: properties.StageName };
      },
      remove({ properties: { RestApiId, StageName } }) {
        const api = apis.find(RestApiId);
        if (api !== undefined) apis.deleteStage(api, StageName);
      },
    },
  };
}
