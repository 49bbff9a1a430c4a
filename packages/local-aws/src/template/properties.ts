import type * as z from 'zod';
import { parse } from '../parse.ts';

type Path = readonly PropertyKey[];

/**
 * Parses a resource's resolved properties. As in CloudFormation, a scalar may be written as another one:
 * `"false"` for false, `"300"` for 300 (parameters are always text), 1 for `"1"`. Everything else must be as
 * the schema says.
 */
export function parseProperties<Schema extends z.ZodType>(
  schema: Schema,
  properties: unknown,
  where: string,
): z.output<Schema> {
  const given = structuredClone(properties);
  for (;;) {
    const result = schema.safeParse(given);
    if (result.success) return result.data;
    if (!result.error.issues.map((issue) => coerceScalar(given, issue)).includes(true)) break;
  }
  return parse(schema, given, where);
}

/** @returns whether a scalar was changed into what the schema expects there */
function coerceScalar(given: unknown, issue: z.core.$ZodIssue): boolean {
  if (issue.code !== 'invalid_type' || issue.path.length === 0) return false;
  const value = at(given, issue.path);
  const scalar = convert(value, issue.expected);
  if (scalar === undefined) return false;
  const parent = at(given, issue.path.slice(0, -1)) as Record<PropertyKey, unknown> | undefined;
  // Below a text that the schema takes apart itself there is nothing to change.
  if (typeof parent !== 'object') return false;
  parent[issue.path.at(-1) as PropertyKey] = scalar;
  return true;
}

function convert(value: unknown, expected: string): string | number | boolean | undefined {
  if (expected === 'string' && (typeof value === 'number' || typeof value === 'boolean'))
    return String(value);
  if (typeof value !== 'string') return undefined;
  if (expected === 'boolean' && /^(true|false)$/i.test(value)) return value.toLowerCase() === 'true';
  if ((expected === 'number' || expected === 'int') && /^-?\d+(\.\d+)?$/.test(value)) return Number(value);
  return undefined;
}

const at = (value: unknown, path: Path): unknown =>
  path.reduce((found: unknown, key) => (found as Record<PropertyKey, unknown> | undefined)?.[key], value);
