import type { GuardedRequest, RequestContext, Service } from '../service.ts';
import { violationsOf } from './constraints.ts';
import { invalidInput, notEmulated } from './errors.ts';
import { type OperationModel, operationsOf } from './model.ts';
import type { Services } from './services.ts';
import { checkShape } from './shape.ts';

/** One operation of a service, and the input that it is asked with. */
export interface Call {
  service: Service;
  model: OperationModel;
  input: unknown;
}

/**
 * Runs one operation. Checks the input's shape and what its model allows, asks the guards when a role asks,
 * and checks the output's shape: a service that answers wrongly is found here and not in a client.
 */
export async function runOperation(
  services: Services,
  { service, model, input }: Call,
  context: RequestContext,
): Promise<Record<string, unknown>> {
  const operation = service.operations[model.name];
  if (operation === undefined) throw notEmulated(service.protocol, `${service.signingName}:${model.name}`);
  checkShape(model.input, input);
  const violations = service.constraints && violationsOf(service.constraints, model.name, input);
  if (violations !== undefined) throw invalidInput(service, violations);
  const run = async () => ((await operation(input, context)) ?? {}) as Record<string, unknown>;
  const { roleArn } = context;
  const output =
    roleArn === undefined
      ? await run()
      : await guarded(services, { service, operation: model.name, input, roleArn }, run);
  try {
    checkShape(model.output, output);
  } catch (error) {
    throw new Error(`wrong output of ${service.signingName}:${model.name}: ${(error as Error).message}`);
  }
  return output;
}

async function guarded<Output>(
  services: Services,
  request: GuardedRequest,
  run: () => Promise<Output>,
): Promise<Output> {
  const rewrites = services.all().map((service) => service.guard?.(request));
  try {
    return await run();
  } catch (error) {
    throw rewrites.reduce((current, rewrite) => rewrite?.(current) ?? current, error);
  }
}

/** @throws ServiceError when the service's model does not have the operation */
export function modelOf(service: Service, operation: string): OperationModel {
  const model = operationsOf(service.schemas).get(operation);
  if (model === undefined) throw notEmulated(service.protocol, `${service.signingName}:${operation}`);
  return model;
}
