import type { NormalizedSchema } from '@smithy/core/schema';
import {
  EPOCH_SECONDS,
  readBase64,
  readTimestamp,
  timestampFormat,
  writeBase64,
  writeTimestamp,
} from './scalars.ts';
import { ShapeError } from './shape.ts';

/**
 * A parsed JSON value as the SDK's commands have it: dates, bytes, members by their names. Members that the
 * schema does not know stay, for `checkShape` to refuse; `null` is absence.
 *
 * @param jsonNames whether the `jsonName` trait counts (REST-JSON) or not (AWS JSON)
 */
export function fromJson(schema: NormalizedSchema, value: unknown, jsonNames: boolean, path = ''): unknown {
  if (value === null || value === undefined) return undefined;
  if (schema.isDocumentSchema()) return value;
  if (schema.isTimestampSchema()) return readTimestamp(value, path);
  if (schema.isBlobSchema()) {
    if (typeof value !== 'string') throw new ShapeError(path, `'${path}' must be a base64 string`);
    return readBase64(value, path);
  }
  if (schema.isNumericSchema() && typeof value === 'string' && /^(NaN|-?Infinity)$/.test(value)) {
    return Number(value);
  }
  if (schema.isListSchema() && Array.isArray(value)) {
    return value.map((item, index) =>
      item === null
        ? null
        : fromJson(schema.getValueSchema(), item, jsonNames, `${path}.${index + 1}.member`),
    );
  }
  if (typeof value !== 'object' || Array.isArray(value)) return value;
  if (schema.isMapSchema()) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key,
        item === null ? null : fromJson(schema.getValueSchema(), item, jsonNames, `${path}.${key}`),
      ]),
    );
  }
  if (!schema.isStructSchema()) return value;
  const byWireName = new Map(
    Array.from(schema.structIterator(), ([name, member]) => [
      wireName(name, member, jsonNames),
      { name, member },
    ]),
  );
  const result: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    const known = byWireName.get(key);
    if (known === undefined) {
      // SDKs add the discriminator of a polymorphic shape; it is no member.
      if (key !== '__type') result[key] = item;
    } else {
      const read = fromJson(
        known.member,
        item,
        jsonNames,
        path === '' ? known.name : `${path}.${known.name}`,
      );
      if (read !== undefined) result[known.name] = read;
    }
  }
  return result;
}

/** The inverse of `fromJson`: a value that `JSON.stringify` takes. */
export function toJson(schema: NormalizedSchema, value: unknown, jsonNames: boolean): unknown {
  if (value === undefined || value === null) return value;
  if (value instanceof Date) {
    const format = timestampFormat(schema, EPOCH_SECONDS);
    return format === EPOCH_SECONDS ? value.getTime() / 1000 : writeTimestamp(value, format);
  }
  if (schema.isBlobSchema()) return writeBase64(value);
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value) && schema.isListSchema()) {
    return value.map((item) => toJson(schema.getValueSchema(), item, jsonNames));
  }
  if (schema.isMapSchema()) {
    return Object.fromEntries(
      Object.entries(value as object).map(([key, item]) => [
        key,
        toJson(schema.getValueSchema(), item, jsonNames),
      ]),
    );
  }
  if (!schema.isStructSchema()) return value;
  const result: Record<string, unknown> = {};
  for (const [name, member] of schema.structIterator()) {
    const item = (value as Record<string, unknown>)[name];
    if (item !== undefined) result[wireName(name, member, jsonNames)] = toJson(member, item, jsonNames);
  }
  return result;
}

function wireName(name: string, member: NormalizedSchema, jsonNames: boolean): string {
  return (jsonNames ? (member.getMergedTraits().jsonName as string | undefined) : undefined) ?? name;
}
