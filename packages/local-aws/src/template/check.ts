import { InvalidInputError } from '../errors.ts';
import type { World } from '../service.ts';
import { conditionHolds, resolve } from './intrinsics.ts';
import { inOrder } from './order.ts';
import type { Scope } from './scope.ts';
import type { Template } from './template.ts';

/**
 * A template as far as it is known before anything is made: a reference to a resource stands for itself.
 */
export interface CheckedTemplate {
  /** Resources whose condition holds: type, attributes and properties with every other function resolved. */
  resources: Record<string, Record<string, unknown>>;
  outputs: Record<string, unknown>;
}

/**
 * Refuses everything that can be known before anything is made, all at once.
 *
 * @param scope without `problems`; it is not changed
 * @throws InvalidInputError listing every refusal
 */
export function checkTemplate(world: World, given: Scope): CheckedTemplate {
  const problems = new Set<string>();
  const scope: Scope = { ...given, provisioned: new Map(), conditions: new Map(), problems };
  const { template } = scope;
  for (const name of Object.keys(template.Parameters ?? {})) {
    if (Object.hasOwn(template.Resources, name)) problems.add(`"${name}" is a parameter and a resource`);
  }
  // A resource that its condition leaves out may have any type.
  const unknown = Object.entries(template.Resources).filter(
    ([, { Type, Condition }]) =>
      world.resourceType(Type) === undefined &&
      (Condition === undefined || noting(problems, () => conditionHolds(Condition, scope)) === true),
  );
  if (unknown.length > 0) {
    const names = unknown.map(([logicalId, { Type }]) => `"${logicalId}" (${Type})`);
    problems.add(`the local AWS does not emulate ${names.join(', ')}`);
  }
  noting(problems, () => inOrder(template));
  for (const name of Object.keys(template.Conditions ?? {}))
    noting(problems, () => conditionHolds(name, scope));
  const checked = resolveAll(template, scope, problems);
  if (problems.size > 0) {
    throw new InvalidInputError([...problems].join('; '), {
      hint: 'docs/fidelity.md of local-aws lists what it knows of templates.',
    });
  }
  return checked;
}

function resolveAll(template: Template, scope: Scope, problems: Set<string>): CheckedTemplate {
  const resources: CheckedTemplate['resources'] = {};
  const outputs: CheckedTemplate['outputs'] = {};
  for (const [name, { Properties, ...attributes }] of Object.entries(template.Resources)) {
    noting(problems, () => {
      const { Condition, Type } = attributes;
      if (Condition !== undefined && !conditionHolds(Condition, scope)) return;
      const properties = resolve(Properties ?? {}, scope, `"${name}" (${Type})`);
      resources[name] = { ...attributes, Properties: properties };
    });
  }
  for (const [name, output] of Object.entries(template.Outputs ?? {})) {
    noting(problems, () => {
      if (output.Condition !== undefined && !conditionHolds(output.Condition, scope)) return;
      outputs[name] = resolve(output, scope, `the output "${name}"`);
    });
  }
  return { resources, outputs };
}

function noting<T>(problems: Set<string>, check: () => T): T | undefined {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    problems.add(error.message);
    return undefined;
  }
}
