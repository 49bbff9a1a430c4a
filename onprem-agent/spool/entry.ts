import { access, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { nameSchema, sha256Schema, versionSchema } from '#core/contracts/common.ts';
import { InvalidInputError } from '#core/errors.ts';
import { parseJson } from '#core/parse.ts';
import { replaceFile } from './replace-file.ts';

/** Not strict: entries of earlier versions have digests of parts, too. */
const fileSchema = z.object({
  name: z.string().min(1),
  size: z.int().min(0),
  sha256: sha256Schema,
});

/** Where the model goes, as far as it was known when it was spooled. */
const destinationSchema = z.strictObject({
  /** Left out when the stack could not be asked: it is asked before the upload. */
  bucket: z.string().optional(),
  stack: z.string().optional(),
  /** Of the stack: whose signatures it accepts. */
  trust: z
    .strictObject({
      publicKeys: z.array(z.string()),
      revokedKeys: z.array(z.strictObject({ publicKey: z.string(), on: z.string(), name: z.string() })),
    })
    .optional(),
  region: z.string().optional(),
  endpointUrl: z.string().optional(),
  profile: z.string().optional(),
});
export type EntryDestination = z.output<typeof destinationSchema>;

/** What a folder of the spool holds: everything that an upload needs but credentials. */
const entrySchema = z.strictObject({
  schemaVersion: z.literal(1),
  id: z.string().regex(/^[a-z0-9][A-Za-z0-9-]*$/),
  model: nameSchema,
  version: versionSchema,
  spooledAt: z.iso.datetime(),
  /** The folder that was pushed. */
  source: z.string(),
  destination: destinationSchema,
  files: z.array(fileSchema).min(1),
});
export type EntryRecord = z.output<typeof entrySchema>;

const failureSchema = z.strictObject({
  at: z.iso.datetime(),
  name: z.string(),
  message: z.string(),
  hint: z.string().optional(),
});
/** Why an upload was given up. */
export type Failure = z.output<typeof failureSchema>;

/** An entry on disk. */
export interface Entry {
  folder: string;
  record: EntryRecord;
}

/** What to do about a file that is not what its manifest says. */
export const DAMAGED_HINT = 'Copy the folder again from where it was trained, or train again.';

export const ENTRY_FILE = 'entry.json';
export const modelFolderOf = (folder: string): string => join(folder, 'model');
export const partRecordOf = (folder: string, file: string): string => join(folder, 'parts', `${file}.log`);
const failureFile = (folder: string) => join(folder, 'failure.json');

/**
 * @throws InvalidInputError when its record is damaged
 * @returns undefined where there is no such entry
 */
export async function readEntry(folder: string): Promise<Entry | undefined> {
  const path = join(folder, ENTRY_FILE);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const hint = 'Push the model again, and remove this folder.';
  return { folder, record: parseJson(entrySchema, text, `"${path}"`, hint) };
}

/** All entries, the oldest first, and those that cannot be read. */
export async function listEntries(
  spool: string,
): Promise<{ entries: Entry[]; damaged: { folder: string; error: Error }[] }> {
  const names = await readdir(spool).catch(() => []);
  const entries: Entry[] = [];
  const damaged: { folder: string; error: Error }[] = [];
  for (const name of names.filter((each) => !each.startsWith('.'))) {
    const folder = join(spool, name);
    try {
      const entry = await readEntry(folder);
      if (entry !== undefined) entries.push(entry);
    } catch (error) {
      damaged.push({ folder, error: error as Error });
    }
  }
  entries.sort((a, b) => (a.record.spooledAt < b.record.spooledAt ? -1 : 1));
  return { entries, damaged };
}

export const serialised = (record: EntryRecord): string => `${JSON.stringify(record, null, 1)}\n`;

/** @returns undefined where the upload has not been given up, or the note is damaged */
export async function readFailure(folder: string): Promise<Failure | undefined> {
  const text = await readFile(failureFile(folder), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return parseJson(failureSchema, text, 'failure.json');
  } catch (error) {
    if (error instanceof InvalidInputError) return undefined;
    throw error;
  }
}

export const writeFailure = (folder: string, failure: Failure): Promise<void> =>
  replaceFile(failureFile(folder), JSON.stringify(failure));

export const clearFailure = (folder: string): Promise<void> => rm(failureFile(folder), { force: true });

/** Replaces the signature of an entry: it was pushed again with another key. */
export const replaceSignature = (folder: string, signature: string): Promise<void> =>
  replaceFile(join(modelFolderOf(folder), 'manifest.sig'), signature);

const cancelledFile = (folder: string) => join(folder, 'cancelled');

/** Tells the process that uploads an entry to give it up. */
export const cancelEntry = (folder: string): Promise<void> => writeFile(cancelledFile(folder), '');

export const isCancelled = (folder: string): Promise<boolean> =>
  access(cancelledFile(folder)).then(
    () => true,
    () => false,
  );

/** The manifest's bytes and its signature. */
export async function readSigned(folder: string): Promise<{ manifestBytes: Buffer; signature: string }> {
  const model = modelFolderOf(folder);
  return {
    manifestBytes: await readFile(join(model, 'manifest.json')),
    signature: await readFile(join(model, 'manifest.sig'), 'utf8'),
  };
}

export async function writeSigned(
  folder: string,
  { manifestBytes, signature }: { manifestBytes: Uint8Array; signature: string },
): Promise<void> {
  const model = modelFolderOf(folder);
  await writeFile(join(model, 'manifest.json'), manifestBytes, { flush: true });
  await writeFile(join(model, 'manifest.sig'), signature, { flush: true });
}
