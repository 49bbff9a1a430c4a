import { createHash } from 'node:crypto';
import { GraftError, InvalidInputError } from '#core/errors.ts';
import type { Provisioned, ResourceType, Service, StackContext, World } from '../service.ts';
import { conditionHolds, resolve } from './intrinsics.ts';
import { inOrder } from './order.ts';
import { createScope, type Scope } from './scope.ts';
import type { Template } from './template.ts';

/** One resource of a provisioned stack. */
export interface StackResource {
  logicalId: string;
  type: string;
  physicalId: string;
}

/** A provisioned stack, as the CloudFormation service describes it. */
export interface Stack {
  name: string;
  id: string;
  /** As it was read. */
  template: Template;
  parameters: Record<string, unknown>;
  resources: StackResource[];
  outputs: { key: string; value: string; description?: string; exportName?: string }[];
}

export interface ProvisionOptions {
  name: string;
  world: World;
  services: readonly Service[];
  parameters?: Record<string, string>;
}

/**
 * Creates every resource of a template, each after those that it refers to, through the services that provide its type.
 * The same template on the same state folder finds everything again.
 *
 * @throws GraftError naming the resource that is not known or cannot be created
 */
export async function provisionStack(template: Template, options: ProvisionOptions): Promise<Stack> {
  const { world, name } = options;
  const stack = stackContext(world, name);
  const scope = createScope(
    template,
    { region: world.region, accountId: world.accountId, stackName: name, stackId: stack.id },
    options.parameters,
  );
  const types = typesOf(options.services);
  refuseUnknown(template, types, scope);
  const resources: StackResource[] = [];
  for (const logicalId of inOrder(template)) {
    const resource = template.Resources[logicalId];
    if (resource === undefined) continue;
    if (resource.Condition !== undefined && !conditionHolds(resource.Condition, scope)) continue;
    const where = `"${logicalId}" (${resource.Type})`;
    const properties = resolve(resource.Properties ?? {}, scope, where) as Record<string, unknown>;
    const create = types.get(resource.Type)!;
    let made: Provisioned;
    try {
      made = await create(logicalId, properties, stack);
    } catch (cause) {
      throw new GraftError(
        'ProvisioningFailed',
        `${where} could not be created: ${(cause as Error).message}`,
        {
          cause,
          ...(cause instanceof GraftError && cause.hint !== undefined ? { hint: cause.hint } : {}),
        },
      );
    }
    scope.provisioned.set(logicalId, made);
    resources.push({ logicalId, type: resource.Type, physicalId: made.ref });
  }
  const outputs: Stack['outputs'] = [];
  for (const [key, output] of Object.entries(template.Outputs ?? {})) {
    if (output.Condition !== undefined && !conditionHolds(output.Condition, scope)) continue;
    const value = resolve(output.Value, scope, `the output "${key}"`);
    const exportName = output.Export && resolve(output.Export.Name, scope, `the export of "${key}"`);
    outputs.push({
      key,
      value: localAddress(String(value), world.endpoint),
      ...(output.Description === undefined ? {} : { description: output.Description }),
      ...(exportName === undefined ? {} : { exportName: String(exportName) }),
    });
  }
  return { name, id: stack.id, template, parameters: scope.parameters, resources, outputs };
}

/** Names, ids and suffixes are derived, so that a restart finds everything again. */
function stackContext(world: World, name: string): StackContext {
  if (!/^[A-Za-z][A-Za-z0-9-]{0,127}$/.test(name)) {
    throw new InvalidInputError(`"${name}" is no stack name: letters, digits and hyphens, a letter first`);
  }
  const digest = createHash('sha256').update(name).digest('hex');
  const uuid = digest.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
  return {
    name,
    id: `arn:aws:cloudformation:${world.region}:${world.accountId}:stack/${name}/${uuid}`,
    physicalName(logicalId, limit = 255) {
      const suffix = createHash('sha256')
        .update(`${name}/${logicalId}`)
        .digest('hex')
        .slice(0, 12)
        .toUpperCase();
      return `${`${name}-${logicalId}`.slice(0, limit - suffix.length - 1)}-${suffix}`;
    },
  };
}

function typesOf(services: readonly Service[]): Map<string, ResourceType> {
  return new Map(services.flatMap((service) => Object.entries(service.resources ?? {})));
}

/** Before anything is created: all at once, so that a template is mended in one go. What its condition leaves out may be anything. */
function refuseUnknown(template: Template, types: ReadonlyMap<string, ResourceType>, scope: Scope): void {
  const unknown = Object.entries(template.Resources).filter(
    ([, { Type, Condition }]) =>
      !types.has(Type) && (Condition === undefined || conditionHolds(Condition, scope)),
  );
  if (unknown.length === 0) return;
  const names = unknown.map(([logicalId, { Type }]) => `"${logicalId}" (${Type})`).join(', ');
  throw new InvalidInputError(`the local AWS does not emulate ${names}`, {
    hint: 'docs/fidelity.md lists the resource types that it knows.',
  });
}

/** `https://<api>.execute-api.<region>.amazonaws.com/<stage>` has another address on this machine. */
function localAddress(value: string, endpoint: string): string {
  return value.replace(
    /^https:\/\/([a-z0-9]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com(?=\/|$)/,
    `${endpoint}/_aws/execute-api/$1`,
  );
}
