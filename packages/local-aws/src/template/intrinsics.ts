import { InvalidInputError } from '../errors.ts';
import { NO_VALUE, type Scope } from './scope.ts';

/**
 * Replaces every intrinsic function in a value of the template by its result. Properties that become
 * `AWS::NoValue` disappear.
 *
 * @param where names the place in messages
 * @throws InvalidInputError naming a function that is not known, or a reference that leads nowhere
 */
export function resolve(value: unknown, scope: Scope, where: string): unknown {
  const resolved = resolveValue(value, scope, where);
  return resolved === NO_VALUE ? undefined : resolved;
}

/** Whether the template's condition of that name holds. */
export function conditionHolds(name: string, scope: Scope): boolean {
  const known = scope.conditions.get(name);
  if (known !== undefined) return known;
  const expression = scope.template.Conditions?.[name];
  if (expression === undefined) throw new InvalidInputError(`the template has no condition "${name}"`);
  const holds = isTrue(expression, scope, `condition "${name}"`);
  scope.conditions.set(name, holds);
  return holds;
}

function resolveValue(value: unknown, scope: Scope, where: string): unknown {
  if (Array.isArray(value)) {
    return value.map((item) => resolveValue(item, scope, where)).filter((item) => item !== NO_VALUE);
  }
  if (typeof value !== 'object' || value === null) return value;
  const [name, ...others] = Object.keys(value);
  const argument = name === undefined ? undefined : (value as Record<string, unknown>)[name];
  if (name !== undefined && others.length === 0 && (name === 'Ref' || name.startsWith('Fn::'))) {
    const intrinsic = INTRINSICS[name];
    if (intrinsic === undefined) {
      throw new InvalidInputError(`${name} in ${where} is not emulated (docs/fidelity.md of local-aws)`);
    }
    return evaluated(() => intrinsic(argument, scope, where), scope);
  }
  const result: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    const resolved = resolveValue(item, scope, where);
    if (resolved !== NO_VALUE) result[key] = resolved;
  }
  return result;
}

/** While a template is checked, a refusal is recorded and the check goes on. */
function evaluated(evaluate: () => unknown, { problems }: Scope): unknown {
  const before = problems?.size;
  try {
    return evaluate();
  } catch (error) {
    if (problems === undefined || !(error instanceof InvalidInputError)) throw error;
    // A problem within the argument has been recorded; the one that follows from it is not.
    if (problems.size === before) problems.add(error.message);
    return '';
  }
}

type Intrinsic = (argument: unknown, scope: Scope, where: string) => unknown;

const INTRINSICS: Record<string, Intrinsic> = {
  Ref: (name, scope, where) => reference(text(name, 'Ref', where), scope, where),
  'Fn::GetAtt': (argument, scope, where) => {
    const [name, attribute] =
      typeof argument === 'string' ? split(argument, '.') : listOf(argument, 'Fn::GetAtt', where);
    return getAttribute(
      String(name),
      text(resolveValue(attribute, scope, where), 'Fn::GetAtt', where),
      scope,
      where,
    );
  },
  'Fn::Sub': substitute,
  'Fn::Join': (argument, scope, where) => {
    const [separator, items] = listOf(argument, 'Fn::Join', where);
    return listOf(resolveValue(items, scope, where), 'Fn::Join', where)
      .map(String)
      .join(String(separator));
  },
  'Fn::Split': (argument, scope, where) => {
    const [separator, source] = listOf(argument, 'Fn::Split', where);
    return text(resolveValue(source, scope, where), 'Fn::Split', where).split(String(separator));
  },
  'Fn::Select': (argument, scope, where) => {
    const [index, items] = listOf(argument, 'Fn::Select', where);
    const list = listOf(resolveValue(items, scope, where), 'Fn::Select', where);
    const selected = list[Number(resolveValue(index, scope, where))];
    // While a template is checked, a list that comes from a resource's name has no known length.
    if (selected === undefined && scope.problems !== undefined) return '';
    if (selected === undefined)
      throw new InvalidInputError(`Fn::Select in ${where} has no item ${String(index)}`);
    return selected;
  },
  'Fn::Base64': (argument, scope, where) =>
    Buffer.from(text(resolveValue(argument, scope, where), 'Fn::Base64', where)).toString('base64'),
  'Fn::FindInMap': (argument, scope, where) => {
    const [map, top, second] = listOf(argument, 'Fn::FindInMap', where).map((key) =>
      String(resolveValue(key, scope, where)),
    ) as [string, string, string];
    const found = scope.template.Mappings?.[map]?.[top]?.[second];
    if (found === undefined) throw new InvalidInputError(`${where}: no mapping ${map}.${top}.${second}`);
    return found;
  },
  'Fn::If': (argument, scope, where) => {
    const [condition, yes, no] = listOf(argument, 'Fn::If', where);
    return resolveValue(conditionHolds(text(condition, 'Fn::If', where), scope) ? yes : no, scope, where);
  },
};

/** Functions of the `Conditions` section; there, `{"Condition": name}` is a reference too. */
function isTrue(expression: unknown, scope: Scope, where: string): boolean {
  const [name, argument] = Object.entries((expression ?? {}) as Record<string, unknown>)[0] ?? [];
  switch (name) {
    case 'Condition':
      return conditionHolds(text(argument, name, where), scope);
    case 'Fn::Equals': {
      const [left, right] = listOf(argument, name, where).map((side) => resolveValue(side, scope, where));
      return sameText(left, right);
    }
    case 'Fn::And':
      return listOf(argument, name, where).every((part) => isTrue(part, scope, where));
    case 'Fn::Or':
      return listOf(argument, name, where).some((part) => isTrue(part, scope, where));
    case 'Fn::Not':
      return !isTrue(listOf(argument, name, where)[0], scope, where);
    default:
      throw new InvalidInputError(`${where} uses ${name ?? 'nothing'}, which is no condition function`);
  }
}

/** Scalars are text to CloudFormation: `true` equals `"true"`. */
const sameText = (left: unknown, right: unknown): boolean =>
  typeof left === 'object' || typeof right === 'object'
    ? JSON.stringify(left) === JSON.stringify(right)
    : String(left) === String(right);

function reference(name: string, scope: Scope, where: string): unknown {
  if (Object.hasOwn(scope.pseudo, name)) return scope.pseudo[name];
  if (Object.hasOwn(scope.parameters, name)) return scope.parameters[name];
  return provisioned(name, scope, where).ref;
}

function getAttribute(name: string, attribute: string, scope: Scope, where: string): string {
  const value = provisioned(name, scope, where).attributes?.[attribute];
  if (value === undefined && scope.problems !== undefined) return `${name}.${attribute}`;
  if (value === undefined) {
    const type = scope.template.Resources[name]?.Type;
    throw new InvalidInputError(
      `${where}: the local AWS has no attribute "${attribute}" of "${name}" (${type}); see docs/fidelity.md of local-aws`,
    );
  }
  return value;
}

function provisioned(name: string, scope: Scope, where: string) {
  const resource = scope.provisioned.get(name);
  if (resource !== undefined) return resource;
  const { Condition } = scope.template.Resources[name] ?? {};
  const willBe =
    scope.template.Resources[name] !== undefined &&
    (Condition === undefined || conditionHolds(Condition, scope));
  if (willBe && scope.problems !== undefined) return { ref: name };
  const why = scope.template.Resources[name] === undefined ? 'is not in the template' : 'is not created';
  throw new InvalidInputError(`${where} refers to "${name}", which ${why}`);
}

function substitute(argument: unknown, scope: Scope, where: string): string {
  const [source, variables] =
    typeof argument === 'string' ? [argument, {}] : listOf(argument, 'Fn::Sub', where);
  const own = resolveValue(variables ?? {}, scope, where) as Record<string, unknown>;
  return text(source, 'Fn::Sub', where).replace(/\$\{([^}]*)\}/g, (_whole, inner: string) => {
    if (inner.startsWith('!')) return `\${${inner.slice(1)}}`;
    const name = inner.trim();
    if (Object.hasOwn(own, name)) return String(own[name]);
    const [resource, attribute] = split(name, '.');
    return String(
      attribute === undefined
        ? reference(name, scope, where)
        : getAttribute(resource, attribute, scope, where),
    );
  });
}

/** At the first separator. */
function split(value: string, separator: string): [string, string | undefined] {
  const at = value.indexOf(separator);
  return at === -1 ? [value, undefined] : [value.slice(0, at), value.slice(at + 1)];
}

function listOf(value: unknown, name: string, where: string): unknown[] {
  if (!Array.isArray(value)) throw new InvalidInputError(`${name} in ${where} needs a list`);
  return value;
}

function text(value: unknown, name: string, where: string): string {
  if (typeof value !== 'string') throw new InvalidInputError(`${name} in ${where} needs a string`);
  return value;
}
