import type { World } from '../../service.ts';
import { mintRoleCredentials } from '../sts/seam.ts';
import type { FunctionDefinition, ResolvedFunction } from './functions.ts';

/** Life of an environment's credentials. */
export const CREDENTIAL_SECONDS = 12 * 3600;

/** The variables of a function's process ("Defined runtime environment variables", developer guide). */
export function environmentVariables(
  world: World,
  { definition, version }: ResolvedFunction,
  ofEnvironment: Record<string, string>,
): Record<string, string> {
  const { properties } = definition;
  const credentials = mintRoleCredentials(world, properties.Role, {
    seconds: CREDENTIAL_SECONDS,
    sessionName: definition.name,
  });
  return {
    ...properties.Environment?.Variables,
    _HANDLER: properties.Handler,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    AWS_DEFAULT_REGION: world.region,
    AWS_REGION: world.region,
    // The SDK's warning is about this machine's version of Node, not about Lambda's.
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    AWS_ENDPOINT_URL: world.endpoint,
    AWS_EXECUTION_ENV: `AWS_Lambda_${properties.Runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: definition.name,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(properties.MemorySize),
    AWS_LAMBDA_FUNCTION_VERSION: version,
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: logGroupOf(definition),
    LAMBDA_TASK_ROOT: definition.code.root,
    LANG: 'en_US.UTF-8',
    PATH: '/usr/local/bin:/usr/bin:/bin',
    TZ: ':UTC',
    ...ofEnvironment,
  };
}

export function logGroupOf({ name, properties }: FunctionDefinition): string {
  return properties.LoggingConfig?.LogGroup ?? `/aws/lambda/${name}`;
}
