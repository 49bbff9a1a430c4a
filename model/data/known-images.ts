import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { sha256Schema } from '#core/contracts/common.ts';
import { parseJson } from '#core/parse.ts';
import { writeDurably } from '#core/write-durably.ts';
import type { CheckResult } from './check-images.ts';

/** What a first pass over images finds, as it is kept. */
export const checkResultSchema = z.strictObject({
  digest: sha256Schema,
  damaged: z.array(z.strictObject({ image: z.int().nonnegative(), id: z.string(), reason: z.string() })),
  repeated: z.array(z.array(z.string())),
});

const fileSchema = z.strictObject({
  schemaVersion: z.literal(1),
  /** Changes with the images' files and how they are prepared. */
  key: sha256Schema,
  checked: checkResultSchema,
});

/**
 * What is known of images that have not changed since.
 *
 * @returns undefined where nothing is known; that costs time, never correctness
 */
export async function findKnown(path: string, key: string): Promise<CheckResult | undefined> {
  try {
    const known = parseJson(fileSchema, await readFile(path, 'utf8'), path);
    return known.key === key ? known.checked : undefined;
  } catch {
    return undefined;
  }
}

export async function keepKnown(path: string, key: string, checked: CheckResult): Promise<void> {
  const content: z.output<typeof fileSchema> = { schemaVersion: 1, key, checked };
  await writeDurably(path, JSON.stringify(content));
}
