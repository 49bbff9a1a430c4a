import { Readable } from 'node:stream';
import type { NormalizedSchema } from '@smithy/core/schema';
import { requiredMembers } from './model.ts';

/** A value does not have its schema's shape. */
export class ShapeError extends Error {
  /** True for a missing required member; false for a wrong type or an unknown member. */
  readonly missing: boolean;
  readonly path: string;

  constructor(path: string, message: string, missing = false) {
    super(message);
    this.name = 'ShapeError';
    this.path = path;
    this.missing = missing;
  }
}

/**
 * Checks a value as the SDK's commands have it (dates as `Date`, blobs as bytes): types, unknown members,
 * required members. The schemas know no patterns, lengths or ranges: each service checks those itself.
 *
 * @param path of the value in messages, empty for the whole
 * @throws ShapeError naming the first member that is wrong
 */
export function checkShape(schema: NormalizedSchema, value: unknown, path = ''): void {
  if (schema.isUnitSchema() || schema.isDocumentSchema()) return;
  if (schema.isStructSchema()) checkStructure(schema, value, path);
  else if (schema.isListSchema()) {
    if (!Array.isArray(value)) throw wrongType(path, 'a list', value);
    const item = schema.getValueSchema();
    for (const [index, entry] of value.entries()) {
      if (entry === null && schema.getMergedTraits().sparse) continue;
      checkShape(item, entry, `${path}.${index + 1}.member`);
    }
  } else if (schema.isMapSchema()) {
    if (!isRecord(value)) throw wrongType(path, 'a map', value);
    for (const [key, entry] of Object.entries(value)) {
      if (entry === null && schema.getMergedTraits().sparse) continue;
      checkShape(schema.getValueSchema(), entry, `${path}.${key}`);
    }
  } else if (schema.isBlobSchema()) {
    const streams = schema.isStreaming() && (value instanceof Readable || typeof value === 'string');
    if (!streams && !(value instanceof Uint8Array) && typeof value !== 'string') {
      throw wrongType(path, 'bytes', value);
    }
  } else if (schema.isTimestampSchema()) {
    if (!(value instanceof Date) || Number.isNaN(value.getTime()))
      throw wrongType(path, 'a timestamp', value);
  } else if (schema.isBooleanSchema()) {
    if (typeof value !== 'boolean') throw wrongType(path, 'a boolean', value);
  } else if (schema.isNumericSchema()) {
    if (typeof value !== 'number') throw wrongType(path, 'a number', value);
  } else if (schema.isBigIntegerSchema()) {
    if (typeof value !== 'bigint' && !Number.isInteger(value)) throw wrongType(path, 'an integer', value);
  } else if (schema.isStringSchema()) {
    if (typeof value !== 'string') throw wrongType(path, 'a string', value);
  }
}

function checkStructure(schema: NormalizedSchema, value: unknown, path: string): void {
  if (!isRecord(value)) throw wrongType(path, 'a structure', value);
  const known = new Map(schema.structIterator());
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined || (path === '' && name === '$metadata')) continue;
    const memberSchema = known.get(name);
    if (memberSchema === undefined) {
      throw new ShapeError(join(path, name), `unknown member '${join(path, name)}' in ${schema.getName()}`);
    }
    checkShape(memberSchema, member, join(path, name));
  }
  for (const name of requiredMembers(schema)) {
    if (value[name] === undefined || value[name] === null) {
      throw new ShapeError(
        join(path, name),
        `Value null at '${join(path, name)}' failed to satisfy constraint: Member must not be null`,
        true,
      );
    }
  }
  if (schema.isUnionSchema()) {
    const given = Object.keys(value).filter((name) => value[name] !== undefined);
    if (given.length !== 1) {
      throw new ShapeError(path, `'${path}' must have exactly one member of ${[...known.keys()].join(', ')}`);
    }
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Date) &&
    !(value instanceof Uint8Array)
  );
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function wrongType(path: string, expected: string, value: unknown): ShapeError {
  const given = value === null ? 'null' : Array.isArray(value) ? 'a list' : typeof value;
  return new ShapeError(path, `'${path || 'the input'}' must be ${expected}, not ${given}`);
}
