import { createHash } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { parseJson } from '#core/parse.ts';
import { writeDurably } from '#core/write-durably.ts';

/** One value of what decides the result of a training: an option, the images' digest, the backend. */
export type Setting = string | number | boolean | null;

const settingsSchema = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));

export const pointSchema = z.strictObject({
  step: z.int().positive(),
  validationAccuracy: z.number(),
  validationLoss: z.number(),
});
/** What a measurement of the network in training has given. */
export type Point = z.output<typeof pointSchema>;

const headerSchema = z.strictObject({
  schemaVersion: z.literal(1),
  settings: settingsSchema,
  /** When the training began, however often it has gone on since. */
  startedAt: z.iso.datetime(),
  /** Seconds that it has taken so far. */
  seconds: z.number().nonnegative(),
  state: z.strictObject({
    step: z.int().positive(),
    accuracy: z.number(),
    counted: z.int().positive(),
    parts: z.int().positive(),
    spentMs: z.number().nonnegative(),
    waitedMs: z.number().nonnegative(),
    bestLoss: z.number().nullable(),
    sinceBest: z.int().nonnegative(),
  }),
  points: z.array(pointSchema),
});
type Header = z.output<typeof headerSchema>;

/** The state of a general model's training, from which it goes on. */
export interface TrainingCheckpoint extends Omit<Header, 'schemaVersion'> {
  /** Of `Replica.save`. */
  values: Float32Array;
}

const DIGEST_BYTES = 32;
const NAME = /^step-(\d+)\.checkpoint$/;
/** Where the newest one cannot be read, the one before is taken. */
const KEPT = 2;

/**
 * Writes a checkpoint so that it is whole or not there, and keeps the one before it. A line of JSON, the
 * values as 32-bit floats (little-endian), and the SHA-256 of both.
 *
 * @throws the system's error; what was there stays
 */
export async function writeCheckpoint(folder: string, checkpoint: TrainingCheckpoint): Promise<void> {
  const { values, ...rest } = checkpoint;
  const header: Header = { schemaVersion: 1, ...rest };
  const parts = [
    Buffer.from(`${JSON.stringify(header)}\n`),
    Buffer.from(values.buffer, values.byteOffset, values.byteLength),
  ];
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  const name = `step-${String(checkpoint.state.step).padStart(9, '0')}.checkpoint`;
  await writeDurably(join(folder, name), [...parts, hash.digest()]);
  for (const old of (await listCheckpoints(folder)).slice(KEPT)) await rm(join(folder, old), { force: true });
}

/**
 * The newest checkpoint that is whole.
 *
 * @param onDamaged is told of those that are not
 */
export async function findCheckpoint(
  folder: string,
  onDamaged: (message: string) => void,
): Promise<TrainingCheckpoint | undefined> {
  for (const name of await listCheckpoints(folder)) {
    try {
      return read(await readFile(join(folder, name)));
    } catch (error) {
      onDamaged(`The checkpoint "${join(folder, name)}" cannot be used: ${(error as Error).message}`);
    }
  }
  return undefined;
}

/** Names, the newest first. */
async function listCheckpoints(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => NAME.test(name)).sort((a, b) => stepOf(b) - stepOf(a));
}

const stepOf = (name: string) => Number(NAME.exec(name)![1]);

/** @throws Error saying why it cannot be used */
function read(bytes: Buffer): TrainingCheckpoint {
  const end = bytes.length - DIGEST_BYTES;
  const content = bytes.subarray(0, Math.max(0, end));
  const digest = createHash('sha256').update(content).digest();
  if (end < 0 || !digest.equals(bytes.subarray(end)))
    throw new Error('it is damaged or was not written to its end');
  const line = content.indexOf('\n');
  const { schemaVersion: _, ...header } = parseJson(
    headerSchema,
    content.toString('utf8', 0, line),
    'its first line',
  );
  const values = new Uint8Array(new SharedArrayBuffer(content.length - line - 1));
  values.set(content.subarray(line + 1));
  return { ...header, values: new Float32Array(values.buffer) };
}

/**
 * The settings in which two trainings differ.
 *
 * @returns for each its name, what it was, and what it is
 */
export function differingSettings(
  before: Readonly<Record<string, Setting>>,
  now: Readonly<Record<string, Setting>>,
): { name: string; before: Setting; now: Setting }[] {
  const names = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...names]
    .map((name) => ({ name, before: before[name] ?? null, now: now[name] ?? null }))
    .filter((setting) => setting.before !== setting.now);
}
