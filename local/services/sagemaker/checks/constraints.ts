import { ServiceError } from '../../../service.ts';

/** What a service model says about a value beyond its type. Lengths count characters, list items or map entries. */
export interface Constraint {
  min?: number;
  max?: number;
  /** Must match the whole string. */
  pattern?: string;
  enum?: readonly string[];
}

/**
 * Constraints by path: members separated by dots, `[]` for every item of a list, `{}` for every value and `{key}` for every
 * key of a map. The SDK's schemas leave these out; they are from SageMaker's service model.
 */
export type Constraints = Record<string, Constraint>;

const ENUM_SHOWN = 400;

/**
 * Checks an input against all constraints at once.
 *
 * @throws ServiceError ValidationException in SageMaker's words, listing every violation
 */
export function check(constraints: Constraints, input: object): void {
  const violations: string[] = [];
  for (const [path, constraint] of Object.entries(constraints)) {
    const steps = path.split(/\.|(?=\[\])|(?=\{)/).filter((step) => step !== '');
    for (const { value, at } of valuesAt(input, steps, '')) {
      const problem = violation(constraint, value);
      if (problem !== undefined) {
        violations.push(`Value ${shown(value)} at '${at}' failed to satisfy constraint: ${problem}`);
      }
    }
  }
  if (violations.length === 0) return;
  const count = `${violations.length} validation error${violations.length === 1 ? '' : 's'} detected: `;
  throw new ServiceError('ValidationException', count + violations.join('; '));
}

function* valuesAt(
  value: unknown,
  [step, ...rest]: readonly string[],
  at: string,
): Generator<{ value: unknown; at: string }> {
  if (value === undefined || value === null) return;
  if (step === undefined) yield { value, at };
  else if (step === '[]') {
    for (const [index, item] of (value as unknown[]).entries())
      yield* valuesAt(item, rest, `${at}.${index + 1}.member`);
  } else if (step === '{}') {
    for (const [key, item] of Object.entries(value as object)) yield* valuesAt(item, rest, `${at}.${key}`);
  } else if (step === '{key}') {
    for (const key of Object.keys(value as object)) yield* valuesAt(key, rest, `${at}.key`);
  } else {
    const name = step.charAt(0).toLowerCase() + step.slice(1);
    yield* valuesAt((value as Record<string, unknown>)[step], rest, at === '' ? name : `${at}.${name}`);
  }
}

function violation(constraint: Constraint, value: unknown): string | undefined {
  const { min, max, pattern } = constraint;
  if (typeof value === 'number') {
    if (min !== undefined && value < min) return `Member must have value greater than or equal to ${min}`;
    if (max !== undefined && value > max) return `Member must have value less than or equal to ${max}`;
    return undefined;
  }
  const length = sizeOf(value);
  if (min !== undefined && length < min) return `Member must have length greater than or equal to ${min}`;
  if (max !== undefined && length > max) return `Member must have length less than or equal to ${max}`;
  if (typeof value !== 'string') return undefined;
  if (constraint.enum !== undefined && !constraint.enum.includes(value)) {
    return `Member must satisfy enum value set: [${constraint.enum.join(', ').slice(0, ENUM_SHOWN)}]`;
  }
  if (pattern !== undefined && !new RegExp(`^(?:${pattern})$`, 'u').test(value)) {
    return `Member must satisfy regular expression pattern: ${pattern}`;
  }
  return undefined;
}

function sizeOf(value: unknown): number {
  if (typeof value === 'string' || Array.isArray(value)) return value.length;
  return Object.keys(value as object).length;
}

const shown = (value: unknown) => (typeof value === 'object' ? JSON.stringify(value) : `'${String(value)}'`);
