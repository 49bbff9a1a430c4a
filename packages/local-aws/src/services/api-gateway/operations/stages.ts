import type * as apigateway from '@aws-sdk/client-api-gateway';
import { ServiceError } from '../../../service.ts';
import type { RestApi, RestApis, Stage } from '../apis.ts';
import type { ApiGatewayContext } from '../context.ts';
import { findApi, findStage } from '../find.ts';
import { stageChanges } from '../patches.ts';

export function getStages(
  { apis }: ApiGatewayContext,
  input: apigateway.GetStagesRequest,
): apigateway.Stages {
  return { item: [...findApi(apis, input.restApiId).stages.values()].map(shownStage) };
}

export function getStage({ apis }: ApiGatewayContext, input: apigateway.GetStageRequest): apigateway.Stage {
  return shownStage(findStage(findApi(apis, input.restApiId), input.stageName));
}

export function updateStage(
  { apis }: ApiGatewayContext,
  input: apigateway.UpdateStageRequest,
): apigateway.Stage {
  const api = findApi(apis, input.restApiId);
  const changes = stageChanges(input.patchOperations ?? []);
  return shownStage(apis.changeStage(api, findStage(api, input.stageName), changes));
}

export function tagResource({ apis }: ApiGatewayContext, input: apigateway.TagResourceRequest): void {
  const [api, stage] = taggedStage(apis, input.resourceArn);
  apis.changeStage(api, stage, { tags: { ...stage.tags, ...input.tags } });
}

export function untagResource({ apis }: ApiGatewayContext, input: apigateway.UntagResourceRequest): void {
  const [api, stage] = taggedStage(apis, input.resourceArn);
  const tags = Object.entries(stage.tags).filter(([key]) => !input.tagKeys?.includes(key));
  apis.changeStage(api, stage, { tags: Object.fromEntries(tags) });
}

export function getTags({ apis }: ApiGatewayContext, input: apigateway.GetTagsRequest): apigateway.Tags {
  return { tags: taggedStage(apis, input.resourceArn)[1].tags };
}

/** Only stages have tags here. */
function taggedStage(apis: RestApis, arn: string | undefined): [RestApi, Stage] {
  const [, apiId, stageName] = /:\/restapis\/([^/]+)\/stages\/([^/]+)$/.exec(arn ?? '') ?? [];
  if (apiId === undefined) {
    throw new ServiceError('BadRequestException', `The local AWS has tags of stages, not of ${arn}`);
  }
  const api = findApi(apis, apiId);
  return [api, findStage(api, stageName)];
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
