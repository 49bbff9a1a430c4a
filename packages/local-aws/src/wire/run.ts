import type { RequestContext, Service } from '../service.ts';
import { violationsOf } from './constraints.ts';
import { invalidInput, notEmulated } from './errors.ts';
import { type OperationModel, operationsOf } from './model.ts';
import type { Services } from './services.ts';
import { checkShape } from './shape.ts';

/**
 * Runs one operation: checks the input's shape and what its model allows, asks the guards when a role asks, and checks the output's shape, so
 * that a service of ours that answers wrongly is found here and not in a client.
 */
export async function runOperation(
  services: Services,
  service: Service,
  model: OperationModel,
  input: unknown,
  context: RequestContext,
): Promise<Record<string, unknown>> {
  const operation = service.operations[model.name];
  if (operation === undefined) throw notEmulated(service.protocol, `${service.signingName}:${model.name}`);
  checkShape(model.input, input);
  const violations = service.constraints && violationsOf(service.constraints, model.name, input);
  if (violations !== undefined) throw invalidInput(service, violations);
  const output = await guarded(services, service, model.name, input, context, async () => {
    return ((await operation(input, context)) ?? {}) as Record<string, unknown>;
  });
  try {
    checkShape(model.output, output);
  } catch (error) {
    throw new Error(`wrong output of ${service.signingName}:${model.name}: ${(error as Error).message}`);
  }
  return output;
}

async function guarded<Output>(
  services: Services,
  service: Service,
  operation: string,
  input: unknown,
  { roleArn }: RequestContext,
  run: () => Promise<Output>,
): Promise<Output> {
  if (roleArn === undefined) return run();
  const rewrites = services.all().map((guardian) => guardian.guard?.({ service, operation, input, roleArn }));
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
