/** A value of JSON, as states hand it on. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Most bytes of UTF-8 that a state may take in or put out, and that an execution may be started with. */
export const DATA_LIMIT = 262_144;

/** Size of a JSON text in bytes of UTF-8, which is how Step Functions counts. */
export function sizeOf(text: string): number {
  return Buffer.byteLength(text);
}

/** How Step Functions' messages call the type of a value. */
export function typeName(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
