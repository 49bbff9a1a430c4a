import { invalidPattern, isObject } from './pattern-syntax.ts';
import { type Test, valueTest } from './pattern-values.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Whether an event matches. */
export type Matcher = (event: unknown) => boolean;

/**
 * Compiles an EventBridge event pattern (user guide, "Comparison operators for use in event patterns"). Every
 * field of the pattern must match. A field matches if one value of its list does, an array if one of its
 * elements does.
 *
 * @throws ServiceError `InvalidEventPatternException` naming the field
 */
export function compilePattern(pattern: unknown): Matcher {
  if (!isObject(pattern) || Object.keys(pattern).length === 0) {
    throw invalidPattern('the pattern is no JSON object with at least one field');
  }
  return compileObject(pattern, '');
}

function compileObject(pattern: Record<string, unknown>, path: string): Matcher {
  const parts = Object.entries(pattern).map(([name, wanted]): Matcher => {
    const at = path === '' ? name : `${path}.${name}`;
    if (name === '$or' && Array.isArray(wanted)) return compileOr(wanted, at);
    if (Array.isArray(wanted)) return compileField(name, wanted, at);
    if (!isObject(wanted) || Object.keys(wanted).length === 0) {
      throw invalidPattern(`"${at}" must be an object or an array`);
    }
    const matches = compileObject(wanted, at);
    // An absent object has no fields: `exists: false` below it holds.
    return (event) => eachObject((event as Record<string, unknown>)[name]).some(matches);
  });
  return (event) => parts.every((matches) => matches(event));
}

function compileOr(alternatives: unknown[], path: string): Matcher {
  if (alternatives.length < 2 || !alternatives.every(isObject)) {
    throw invalidPattern(`"${path}" needs two or more objects`);
  }
  const compiled = alternatives.map((one) => compileObject(one as Record<string, unknown>, path));
  return (event) => compiled.some((matches) => matches(event));
}

function compileField(name: string, wanted: unknown[], path: string): Matcher {
  if (wanted.length === 0) throw invalidPattern(`"${path}" is an empty array, which nothing matches`);
  const tests = wanted.map((one) => valueTest(one, path));
  return (event) => {
    const values = leaves((event as Record<string, unknown>)[name]);
    return tests.some((test) => holds(test, values));
  };
}

function holds(test: Test, values: Json[]): boolean {
  if (test.kind === 'exists') return test.wanted === values.length > 0;
  return values.some(test.matches);
}

/** Values that can be compared: the field itself or an array's elements; objects are no values. */
function leaves(value: unknown): Json[] {
  if (value === undefined || isObject(value)) return [];
  return Array.isArray(value) ? value.flatMap(leaves) : [value as Json];
}

function eachObject(value: unknown): Record<string, unknown>[] {
  if (Array.isArray(value)) return value.flatMap(eachObject);
  return isObject(value) ? [value] : [{}];
}
