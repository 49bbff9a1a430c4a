import { join } from 'node:path';
import * as schemas from '@aws-sdk/client-lambda';
import { createSupervisor } from '../../processes/supervisor.ts';
import { type Service, ServiceError, type ServiceFactory } from '../../service.ts';
import { createAsynchronousInvocations } from './asynchronous.ts';
import { createCodeStore } from './code.ts';
import { functionConfiguration } from './configuration.ts';
import constraints from './constraints.json' with { type: 'json' };
import { FunctionRegistry } from './functions.ts';
import { invokeOperation } from './invoke.ts';
import { permissions } from './permissions.ts';
import { createPools, type PoolLimits } from './pool.ts';
import { lambdaResources } from './resources.ts';
import { createRuntimeApi } from './runtime-api.ts';

/** AWS Lambda: functions run from their archives, in Node processes that speak the Lambda Runtime API. */
export const createLambda: ServiceFactory = (world) => lambdaWithin()(world);

/** @param limits by the machine's cores when left out */
export function lambdaWithin(limits?: PoolLimits): ServiceFactory {
  return (world): Service => {
    const folder = world.folder('lambda');
    const registry = new FunctionRegistry(world.region, world.accountId);
    const codeStore = createCodeStore(world, folder);
    const supervisor = createSupervisor({ folder: join(folder, 'processes'), log: world.log });
    const runtimeApi = createRuntimeApi();
    const pools = createPools({ world, supervisor, runtimeApi }, limits);
    const asynchronous = createAsynchronousInvocations(world, registry, pools);

    return {
      signingName: 'lambda',
      protocol: 'rest-json',
      paths: [/^\/20\d\d-\d\d-\d\d\/(functions|event-source-mappings|layers|tags)\b/],
      permissions,
      schemas,
      constraints,
      operations: {
        Invoke: invokeOperation(world, registry, pools, asynchronous),

        GetFunction: (input: schemas.GetFunctionRequest): schemas.GetFunctionResponse => {
          const { definition, version, invokedArn } = registry.resolve(
            input.FunctionName ?? '',
            input.Qualifier,
          );
          const reserved = definition.properties.ReservedConcurrentExecutions;
          return {
            Configuration: functionConfiguration(definition, version, invokedArn),
            Code: { RepositoryType: 'S3' },
            ...(reserved === undefined ? {} : { Concurrency: { ReservedConcurrentExecutions: reserved } }),
          };
        },

        GetFunctionConfiguration: (input: schemas.GetFunctionConfigurationRequest) => {
          const { definition, version, invokedArn } = registry.resolve(
            input.FunctionName ?? '',
            input.Qualifier,
          );
          return functionConfiguration(definition, version, invokedArn);
        },

        ListFunctions: (input: schemas.ListFunctionsRequest): schemas.ListFunctionsResponse => {
          const all = registry.list();
          const from = Number(input.Marker ?? 0);
          const to = from + (input.MaxItems ?? 50);
          return {
            Functions: all
              .slice(from, to)
              .map((definition) => functionConfiguration(definition, '$LATEST', definition.arn)),
            ...(to < all.length ? { NextMarker: String(to) } : {}),
          };
        },

        GetPolicy: (input: schemas.GetPolicyRequest): schemas.GetPolicyResponse => {
          const { definition, invokedArn } = registry.resolve(input.FunctionName ?? '', input.Qualifier);
          const statements = definition.policy.filter((statement) => statement.Resource === invokedArn);
          if (statements.length === 0) {
            throw new ServiceError(
              'ResourceNotFoundException',
              'The resource you requested does not exist.',
              404,
              { Type: 'User' },
            );
          }
          return { Policy: JSON.stringify({ Version: '2012-10-17', Id: 'default', Statement: statements }) };
        },
      },
      resources: lambdaResources({ world, registry, codeStore, pools }),
      start() {
        codeStore.removeUnused();
        asynchronous.start();
      },
      async stop() {
        asynchronous.stop();
        await pools.stop();
        await supervisor.stopAll(0);
        await runtimeApi.close();
      },
    };
  };
}
