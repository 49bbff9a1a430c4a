import { InvalidInputError } from '../errors.ts';
import type { Template, TemplateResource } from './template.ts';

/**
 * Logical ids in an order in which each comes after those that it refers to; otherwise as in the template.
 *
 * @throws InvalidInputError naming a cycle, or every `DependsOn` that leads nowhere
 */
export function inOrder(template: Template): string[] {
  refuseMissing(template);
  const order: string[] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (name: string): void => {
    if (done.has(name)) return;
    if (path.includes(name)) {
      const cycle = [...path.slice(path.indexOf(name)), name].join(' → ');
      throw new InvalidInputError(`the template's resources depend on each other in a circle: ${cycle}`);
    }
    path.push(name);
    for (const dependency of dependenciesOf(name, template)) visit(dependency);
    path.pop();
    done.add(name);
    order.push(name);
  };
  for (const name of Object.keys(template.Resources)) visit(name);
  return order;
}

function refuseMissing({ Resources }: Template): void {
  const missing = Object.entries(Resources).flatMap(([name, { DependsOn = [] }]) =>
    [DependsOn]
      .flat()
      .filter((dependency) => Resources[dependency] === undefined)
      .map((dependency) => `"${name}" depends on "${dependency}", which is not in the template`),
  );
  if (missing.length > 0) throw new InvalidInputError(missing.join('; '));
}

export function dependenciesOf(name: string, template: Template): string[] {
  const resource = template.Resources[name] as TemplateResource;
  const explicit = [resource.DependsOn ?? []].flat();
  const implicit = [...referencesIn(resource.Properties ?? {})].filter(
    (reference) => template.Resources[reference] !== undefined,
  );
  return [...new Set([...explicit, ...implicit])];
}

/** Names that a value refers to with `Ref`, `Fn::GetAtt` and `Fn::Sub`. */
function* referencesIn(value: unknown): Generator<string> {
  if (Array.isArray(value)) {
    for (const item of value) yield* referencesIn(item);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, item] of Object.entries(value)) {
    if (key === 'Ref' && typeof item === 'string') yield item;
    else if (key === 'Fn::GetAtt')
      yield typeof item === 'string' ? (item.split('.')[0] as string) : String((item as unknown[])[0]);
    else if (key === 'Fn::Sub') {
      const source = Array.isArray(item) ? item[0] : item;
      for (const [, name] of String(source).matchAll(/\$\{([^!}.][^}.]*)/g)) yield (name as string).trim();
      yield* referencesIn(item);
    } else yield* referencesIn(item);
  }
}
