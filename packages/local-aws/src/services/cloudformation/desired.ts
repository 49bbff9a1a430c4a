import type { World } from '../../service.ts';
import { type CheckedTemplate, checkTemplate } from '../../template/check.ts';
import { parameterValues } from '../../template/parameters.ts';
import { createScope, type Scope } from '../../template/scope.ts';
import { readTemplateText } from '../../template/template.ts';
import type { Desired, StackRecord } from './records.ts';

/**
 * What a stack's template refers to, with its parameters' values.
 *
 * @throws InvalidInputError when the text is no template, or parameters have no value
 */
export function scopeOf(
  world: World,
  { name, id }: Pick<StackRecord, 'name' | 'id'>,
  desired: Desired,
): Scope {
  const template = readTemplateText(desired.templateBody);
  return createScope(
    template,
    { region: world.region, accountId: world.accountId, stackName: name, stackId: id },
    parameterValues(template, desired.parameters),
  );
}

/** @throws InvalidInputError listing everything that can be refused before anything is made */
export function check(
  world: World,
  stack: Pick<StackRecord, 'name' | 'id'>,
  desired: Desired,
): CheckedTemplate {
  return checkTemplate(world, scopeOf(world, stack, desired));
}
