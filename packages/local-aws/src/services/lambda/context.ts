import type { Supervisor } from '../../processes/supervisor.ts';
import type { World } from '../../service.ts';
import type { AsynchronousInvocations } from './asynchronous.ts';
import type { CodeStore } from './code.ts';
import type { FunctionRegistry } from './functions.ts';
import type { EnvironmentPools } from './pool.ts';
import type { RuntimeApi } from './runtime-api.ts';

/** What Lambda's operations and resources work on. */
export interface LambdaContext {
  world: World;
  registry: FunctionRegistry;
  codeStore: CodeStore;
  supervisor: Supervisor;
  runtimeApi: RuntimeApi;
  pools: EnvironmentPools;
  asynchronous: AsynchronousInvocations;
}
