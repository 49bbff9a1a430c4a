import { join } from 'node:path';
import * as schemas from '@aws-sdk/client-lambda';
import { defineService } from '../../define-service.ts';
import { createSupervisor } from '../../processes/supervisor.ts';
import type { ServiceFactory, World } from '../../service.ts';
import { createAsynchronousInvocations } from './asynchronous.ts';
import { createCodeStore } from './code.ts';
import constraints from './constraints.json' with { type: 'json' };
import type { LambdaContext } from './context.ts';
import { FunctionRegistry } from './functions.ts';
import { getFunction, getFunctionConfiguration, getPolicy, listFunctions } from './operations/functions.ts';
import { invoke } from './operations/invoke.ts';
import { permissions } from './permissions.ts';
import { createPools, type PoolLimits } from './pool.ts';
import { lambdaResources } from './resources.ts';
import { createRuntimeApi } from './runtime-api.ts';

/** AWS Lambda: functions run from their archives, in Node processes that speak the Lambda Runtime API. */
export const createLambda = createLambdaWith();

/** @param limits by the machine's cores when left out */
export function createLambdaWith(limits?: PoolLimits): ServiceFactory {
  return defineService<LambdaContext>({
    signingName: 'lambda',
    protocol: 'rest-json',
    schemas,
    constraints,
    paths: [/^\/20\d\d-\d\d-\d\d\/(functions|event-source-mappings|layers|tags)\b/],
    permissions,
    createContext: (world) => createContext(world, limits),
    operations: {
      GetFunction: getFunction,
      GetFunctionConfiguration: getFunctionConfiguration,
      GetPolicy: getPolicy,
      Invoke: invoke,
      ListFunctions: listFunctions,
    },
    resources: lambdaResources,
    start({ codeStore, asynchronous }) {
      codeStore.removeUnused();
      asynchronous.start();
    },
    async stop({ asynchronous, pools, supervisor, runtimeApi }) {
      asynchronous.stop();
      await pools.stop();
      await supervisor.stopAll(0);
      await runtimeApi.close();
    },
  });
}

function createContext(world: World, limits: PoolLimits | undefined): LambdaContext {
  const folder = world.folder('lambda');
  const registry = new FunctionRegistry(world.region, world.accountId);
  const codeStore = createCodeStore(world, folder);
  const supervisor = createSupervisor({ folder: join(folder, 'processes'), log: world.log });
  const runtimeApi = createRuntimeApi();
  const pools = createPools({ world, supervisor, runtimeApi }, limits);
  const asynchronous = createAsynchronousInvocations(world, registry, pools);
  return { world, registry, codeStore, supervisor, runtimeApi, pools, asynchronous };
}
