import { ServiceError, type World } from '../../service.ts';
import { policyAllows } from '../resource-policy.ts';
import type { GatewayErrorType, HttpAnswer } from './gateway-errors.ts';
import type { MethodProperties } from './properties.ts';

type Integration = MethodProperties['Integration'];
type ProxyIntegration = Extract<Integration, { Type: 'AWS_PROXY' }>;
type MockIntegration = Extract<Integration, { Type: 'MOCK' }>;

/** The function's answer, or why there is none. */
export type FunctionAnswer = { payload: Uint8Array } | GatewayErrorType;

/**
 * Invokes the integration's function. An integration with a role uses that role; without one the function's
 * policy must allow API Gateway.
 *
 * @param sourceArn `arn:aws:execute-api:<region>:<account>:<api>/<stage>/<method>/<resource path>`
 */
export async function invokeFunction(
  world: World,
  integration: ProxyIntegration,
  sourceArn: string,
  event: unknown,
): Promise<FunctionAnswer> {
  const functionArn = /functions\/(.+)\/invocations$/.exec(integration.Uri)?.[1] ?? '';
  const invocation = call(world, integration, { functionArn, sourceArn, event });
  let cancel = () => {};
  const timeout = new Promise<FunctionAnswer>((resolve) => {
    // The function goes on: only its caller stops waiting.
    cancel = world.clock.after(integration.TimeoutInMillis, () => resolve('INTEGRATION_TIMEOUT'));
  });
  try {
    return await Promise.race([invocation, timeout]);
  } finally {
    cancel();
  }
}

async function call(
  world: World,
  integration: ProxyIntegration,
  { functionArn, sourceArn, event }: { functionArn: string; sourceArn: string; event: unknown },
): Promise<FunctionAnswer> {
  try {
    const caller = integration.Credentials === undefined ? {} : { roleArn: integration.Credentials };
    if (integration.Credentials === undefined && !(await mayInvoke(world, functionArn, sourceArn))) {
      world.log.warn(
        { function: functionArn, sourceArn },
        "the function's policy does not let API Gateway invoke it",
      );
      return 'API_CONFIGURATION_ERROR';
    }
    const Payload = Buffer.from(JSON.stringify(event));
    const answer = (await world.call('lambda', 'Invoke', { FunctionName: functionArn, Payload }, caller)) as {
      FunctionError?: string;
      Payload?: Uint8Array;
    };
    if (answer.FunctionError === undefined) return { payload: answer.Payload ?? new Uint8Array() };
    const reason = Buffer.from(answer.Payload ?? '').toString('utf8');
    world.log.warn({ function: functionArn, reason }, 'a function behind the API failed');
    return 'BAD_PROXY_RESPONSE';
  } catch (error) {
    if (error instanceof ServiceError && error.code === 'RequestTooLargeException')
      return 'REQUEST_TOO_LARGE';
    world.log.warn({ err: error, function: functionArn }, 'a function behind the API could not be invoked');
    return 'API_CONFIGURATION_ERROR';
  }
}

async function mayInvoke(world: World, functionArn: string, sourceArn: string): Promise<boolean> {
  const { Policy } = (await world.call('lambda', 'GetPolicy', { FunctionName: functionArn })) as {
    Policy?: string;
  };
  return policyAllows(Policy, {
    principal: 'apigateway.amazonaws.com',
    action: 'lambda:InvokeFunction',
    resource: functionArn,
    sourceArn,
    sourceAccount: world.accountId,
  });
}

/**
 * The first integration response, as CORS preflights need it. Its parameters are constants in single quotes.
 */
export function mockAnswer({ IntegrationResponses }: MockIntegration): HttpAnswer {
  const [response] = IntegrationResponses;
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  for (const [name, value] of Object.entries(response?.ResponseParameters ?? {})) {
    const header = /^method\.response\.header\.(.+)$/.exec(name)?.[1];
    if (header !== undefined) headers[header.toLowerCase()] = value.replace(/^'(.*)'$/s, '$1');
  }
  return {
    status: response?.StatusCode ?? 200,
    headers,
    body: response?.ResponseTemplates['application/json'] ?? '',
  };
}
