import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { parseJson } from '#core/parse.ts';
import { replaceFile } from './replace-file.ts';

/** Results that are kept. */
const KEPT = 100;

const resultSchema = z.strictObject({
  schemaVersion: z.literal(1),
  id: z.string(),
  finishedAt: z.iso.datetime(),
  /** Seconds of the last run, the one that finished it. */
  seconds: z.number().min(0),
  bytes: z.int().min(0),
  uri: z.string(),
  bucket: z.string(),
  model: z.string(),
  version: z.string(),
  files: z.record(z.string(), z.enum(['uploaded', 'already-there'])),
  committed: z.boolean(),
  signedAgain: z.boolean(),
  otherSignature: z.boolean(),
  arrival: z.string().optional(),
});
/** What became of an entry whose upload is finished. */
export type UploadResult = z.output<typeof resultSchema>;

const resultsFolder = (state: string) => join(state, 'results');

/** Keeps a result, and forgets the oldest ones beyond a hundred. */
export async function writeResult(state: string, result: UploadResult): Promise<void> {
  const folder = resultsFolder(state);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await replaceFile(join(folder, `${result.id}.json`), JSON.stringify(result));
  const all = await listResults(state);
  for (const { id } of all.slice(KEPT)) await rm(join(folder, `${id}.json`), { force: true });
}

/** @returns undefined where there is none */
export async function readResult(state: string, id: string): Promise<UploadResult | undefined> {
  const path = join(resultsFolder(state), `${id}.json`);
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  return parseJson(resultSchema, text, `"${path}"`, 'Remove it: it is only a note.');
}

/** The newest first. Notes that are damaged are passed over. */
export async function listResults(state: string): Promise<UploadResult[]> {
  const names = await readdir(resultsFolder(state)).catch(() => []);
  const results: UploadResult[] = [];
  for (const name of names.filter((each) => each.endsWith('.json'))) {
    const result = await readResult(state, name.slice(0, -'.json'.length)).catch(() => undefined);
    if (result !== undefined) results.push(result);
  }
  return results.sort((a, b) => (a.finishedAt < b.finishedAt ? 1 : -1));
}

export const forgetResult = (state: string, id: string): Promise<void> =>
  rm(join(resultsFolder(state), `${id}.json`), { force: true });
