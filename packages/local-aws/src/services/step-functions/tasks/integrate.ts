import { parseResource } from '../definition/resource.ts';
import { runtimeError } from '../errors.ts';
import type { Json } from '../json.ts';
import type { Integrate } from '../scope.ts';
import { callSdk } from './aws-sdk.ts';
import { type Call, invokeFunction, invokeIntegration } from './lambda.ts';
import { publish } from './sns.ts';

/** Runs Tasks against the other local services. */
export function integrateWith(call: Call): Integrate {
  return async (text, input) => {
    const resource = parseResource(text);
    if (typeof resource === 'string') throw runtimeError(resource);
    if (resource.kind === 'function') return invokeFunction(call, resource.functionName, input);
    if (input === null || typeof input !== 'object' || Array.isArray(input)) {
      throw runtimeError(`The arguments of ${resource.resourceType}:${resource.resource} must be an object.`);
    }
    const { service, action } = resource;
    if (service === 'lambda') return invokeIntegration(call, input as Record<string, Json>);
    if (service === 'sns') return publish(call, input as Record<string, Json>);
    return callSdk(call, service.slice('aws-sdk:'.length), action, input);
  };
}
