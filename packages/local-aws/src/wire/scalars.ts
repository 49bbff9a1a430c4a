import type { NormalizedSchema } from '@smithy/core/schema';
import { ShapeError } from './shape.ts';

/** Smithy's three forms of a timestamp, numbered as the SDK's schemas number them. */
export const DATE_TIME = 5;
export const HTTP_DATE = 6;
export const EPOCH_SECONDS = 7;

/** A timestamp's own format where its schema fixes one, otherwise the protocol's for that place. */
export function timestampFormat(schema: NormalizedSchema, otherwise: number): number {
  const own = schema.getSchema() as unknown as number;
  return own >= DATE_TIME && own <= EPOCH_SECONDS ? own : otherwise;
}

export function writeTimestamp(date: Date, format: number): string {
  if (format === EPOCH_SECONDS) return String(date.getTime() / 1000);
  return format === HTTP_DATE ? date.toUTCString() : date.toISOString();
}

/** Lenient between the three forms: clients differ in which one they send. */
export function readTimestamp(value: unknown, path: string): Date {
  const number = typeof value === 'number' ? value : typeof value === 'string' ? Number(value) : Number.NaN;
  const date = Number.isNaN(number) || value === '' ? new Date(String(value)) : new Date(number * 1000);
  if (Number.isNaN(date.getTime()))
    throw new ShapeError(path, `'${path}' is not a timestamp: ${String(value)}`);
  return date;
}

export function readBase64(value: string, path: string): Uint8Array {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(value) || value.length % 4 === 1) {
    throw new ShapeError(path, `'${path}' is not base64`);
  }
  return Buffer.from(value, 'base64');
}

export function writeBase64(value: unknown): string {
  return Buffer.from(value as Uint8Array | string).toString('base64');
}

/** Text of a query parameter, header, label or XML element to the schema's type. */
export function readText(schema: NormalizedSchema, text: string, path: string): unknown {
  if (schema.isTimestampSchema()) return readTimestamp(text.trim(), path);
  if (schema.isBlobSchema()) return readBase64(text.trim(), path);
  if (schema.isBooleanSchema()) {
    const value = text.trim().toLowerCase();
    if (value !== 'true' && value !== 'false') {
      throw new ShapeError(path, `'${path}' must be true or false, not '${text}'`);
    }
    return value === 'true';
  }
  if (schema.isNumericSchema() || schema.isBigIntegerSchema() || schema.isBigDecimalSchema()) {
    const value = Number(text);
    if (text.trim() === '' || Number.isNaN(value)) {
      throw new ShapeError(path, `'${path}' must be a number, not '${text}'`);
    }
    return value;
  }
  return text;
}

/** The inverse of `readText`; `format` is the place's timestamp format. */
export function writeText(schema: NormalizedSchema, value: unknown, format: number): string {
  if (value instanceof Date) return writeTimestamp(value, timestampFormat(schema, format));
  if (schema.isBlobSchema()) return writeBase64(value);
  return String(value);
}
