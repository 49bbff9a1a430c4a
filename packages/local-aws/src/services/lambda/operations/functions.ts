import type {
  GetFunctionConfigurationRequest,
  GetFunctionRequest,
  GetFunctionResponse,
  GetPolicyRequest,
  GetPolicyResponse,
  ListFunctionsRequest,
  ListFunctionsResponse,
} from '@aws-sdk/client-lambda';
import { ServiceError } from '../../../service.ts';
import { functionConfiguration } from '../configuration.ts';
import type { LambdaContext } from '../context.ts';

export function getFunction({ registry }: LambdaContext, input: GetFunctionRequest): GetFunctionResponse {
  const { definition, version, invokedArn } = registry.resolve(input.FunctionName ?? '', input.Qualifier);
  const reserved = definition.properties.ReservedConcurrentExecutions;
  return {
    Configuration: functionConfiguration(definition, version, invokedArn),
    Code: { RepositoryType: 'S3' },
    ...(reserved === undefined ? {} : { Concurrency: { ReservedConcurrentExecutions: reserved } }),
  };
}

export function getFunctionConfiguration(
  { registry }: LambdaContext,
  input: GetFunctionConfigurationRequest,
) {
  const { definition, version, invokedArn } = registry.resolve(input.FunctionName ?? '', input.Qualifier);
  return functionConfiguration(definition, version, invokedArn);
}

export function listFunctions(
  { registry }: LambdaContext,
  input: ListFunctionsRequest,
): ListFunctionsResponse {
  const all = registry.list();
  const from = Number(input.Marker ?? 0);
  const to = from + (input.MaxItems ?? 50);
  return {
    Functions: all
      .slice(from, to)
      .map((definition) => functionConfiguration(definition, '$LATEST', definition.arn)),
    ...(to < all.length ? { NextMarker: String(to) } : {}),
  };
}

export function getPolicy({ registry }: LambdaContext, input: GetPolicyRequest): GetPolicyResponse {
  const { definition, invokedArn } = registry.resolve(input.FunctionName ?? '', input.Qualifier);
  const statements = definition.policy.filter((statement) => statement.Resource === invokedArn);
  if (statements.length === 0) {
    throw new ServiceError('ResourceNotFoundException', 'The resource you requested does not exist.', 404, {
      Type: 'User',
    });
  }
  return { Policy: JSON.stringify({ Version: '2012-10-17', Id: 'default', Statement: statements }) };
}
