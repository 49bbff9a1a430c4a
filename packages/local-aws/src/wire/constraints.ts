/**
 * What a service's model says about a shape beyond its type. Lengths are characters, bytes, items or entries.
 */
export interface ShapeConstraints {
  min?: number;
  max?: number;
  /** Must match the whole string. */
  pattern?: string;
  enum?: string[];
  /** Names of limited shapes: a structure's members, a list's items, a map's keys and values. */
  members?: Record<string, string>;
  item?: string;
  key?: string;
  value?: string;
}

/** Made by packages/local-aws/scripts/model-constraints.ts, since the SDK's schemas leave all of this out. */
export interface ModelConstraints {
  /** The input's shape by operation; null where nothing in it is limited. */
  operations: Record<string, string | null>;
  shapes: Record<string, ShapeConstraints>;
}

/** How much of a long set of values, and how long a value, is shown. */
const ENUM_SHOWN = 400;
const VALUE_SHOWN = 400;

/**
 * Everything in an input that its model does not allow, in AWS's words.
 *
 * @returns the message, or undefined where all is well
 */
export function violationsOf(
  constraints: ModelConstraints,
  operation: string,
  input: unknown,
): string | undefined {
  const found = [...problemsOf(constraints, constraints.operations[operation] ?? undefined, input, '')];
  if (found.length === 0) return undefined;
  return `${found.length} validation error${found.length === 1 ? '' : 's'} detected: ${found.join('; ')}`;
}

/** @param at path of the value in the input, empty for the whole */
function* problemsOf(
  model: ModelConstraints,
  name: string | undefined,
  value: unknown,
  at: string,
): Generator<string> {
  const shape = name === undefined ? undefined : model.shapes[name];
  if (shape === undefined || value === undefined || value === null) return;
  const problem = violation(shape, value);
  if (problem !== undefined) {
    yield `Value ${shown(value)}at '${at}' failed to satisfy constraint: ${problem}`;
  }
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries())
      yield* problemsOf(model, shape.item, item, `${at}.${index + 1}.member`);
  } else if (typeof value === 'object') {
    const members = value as Record<string, unknown>;
    for (const [member, memberShape] of Object.entries(shape.members ?? {})) {
      // As AWS writes them: with a small first letter.
      const lower = member.charAt(0).toLowerCase() + member.slice(1);
      yield* problemsOf(model, memberShape, members[member], at === '' ? lower : `${at}.${lower}`);
    }
    if (shape.key === undefined && shape.value === undefined) return;
    for (const [key, item] of Object.entries(members)) {
      yield* problemsOf(model, shape.key, key, `${at}.key`);
      yield* problemsOf(model, shape.value, item, `${at}.${key}`);
    }
  }
}

function violation(
  { min, max, pattern, enum: values }: ShapeConstraints,
  value: unknown,
): string | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') {
    if (min !== undefined && value < min) return `Member must have value greater than or equal to ${min}`;
    if (max !== undefined && value > max) return `Member must have value less than or equal to ${max}`;
    return undefined;
  }
  const length = lengthOf(value);
  if (min !== undefined && length < min) return `Member must have length greater than or equal to ${min}`;
  if (max !== undefined && length > max) return `Member must have length less than or equal to ${max}`;
  if (typeof value !== 'string') return undefined;
  if (values !== undefined && !values.includes(value)) {
    return `Member must satisfy enum value set: [${values.join(', ').slice(0, ENUM_SHOWN)}]`;
  }
  if (pattern !== undefined && !expressionFor(pattern).test(value)) {
    return `Member must satisfy regular expression pattern: ${pattern}`;
  }
  return undefined;
}

function lengthOf(value: unknown): number {
  if (typeof value === 'string' || Array.isArray(value) || value instanceof Uint8Array) return value.length;
  return typeof value === 'object' ? Object.keys(value as object).length : 0;
}

const expressions = new Map<string, RegExp>();

/** The models' patterns are Java's: some escape what JavaScript's Unicode mode wants unescaped. */
function expressionFor(java: string): RegExp {
  // What JavaScript does not know. `\p{Print}` occurs within brackets only.
  const pattern = java.replace('\\A', '^').replace('\\z', '$').replace('\\p{Print}', '\\x20-\\x7e');
  let expression = expressions.get(pattern);
  if (expression === undefined) {
    try {
      expression = new RegExp(`^(?:${pattern})$`, 'u');
    } catch {
      expression = new RegExp(`^(?:${pattern})$`);
    }
    expressions.set(pattern, expression);
  }
  return expression;
}

/** Long values are left out of a message. */
function shown(value: unknown): string {
  const text = typeof value === 'object' ? JSON.stringify(value) : `'${String(value)}'`;
  return text.length > VALUE_SHOWN ? '' : `${text} `;
}
