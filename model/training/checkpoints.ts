import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { sha256Schema } from '#core/contracts/common.ts';
import { curvePointSchema } from '#core/contracts/evaluation.ts';
import { sha256 } from '#core/digest.ts';
import { parseJson } from '#core/parse.ts';

/** How far a training has come. */
const progressSchema = z.strictObject({
  /** `search` looks for the best number of steps, `final` takes that many on all images. */
  phase: z.enum(['search', 'final']),
  /** Gradient steps of this phase. */
  step: z.int().nonnegative(),
  /** Images since the last point of the curve, and how many of them were recognised. */
  seen: z.int().nonnegative(),
  right: z.number().nonnegative(),
  curve: z.array(curvePointSchema),
});
export type Progress = z.output<typeof progressSchema>;

/** A training that can be gone on with. */
export interface Checkpoint {
  progress: Progress;
  /** Of `Replica.save`. */
  values: Float32Array;
}

export interface Checkpoints {
  /** What an interrupted training has left; undefined where there is none, or none of use. */
  find(): Promise<Checkpoint | undefined>;
  keep(checkpoint: Checkpoint): Promise<void>;
}

const headerSchema = z.strictObject({
  schemaVersion: z.literal(1),
  identity: sha256Schema,
  progress: progressSchema,
  /** Of the values' bytes. */
  sha256: sha256Schema,
});

const FILE = 'training.checkpoint';

/**
 * Keeps the newest checkpoint as one file, since what copies the folder elsewhere meanwhile copies file by file: two files could
 * be of two steps. A line of JSON, then the values as 32-bit floats (little-endian, as every machine that we run on).
 *
 * @param identity SHA-256 of everything that decides what the training does; a checkpoint of another one is of no use
 * @param onRefused hears why a checkpoint that is there is not used
 */
export function fileCheckpoints(
  folder: string,
  identity: string,
  onRefused: (reason: string) => void,
): Checkpoints {
  const path = join(folder, FILE);
  return {
    async find() {
      const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      });
      if (bytes === undefined) return undefined;
      try {
        return read(bytes, identity);
      } catch (error) {
        onRefused((error as Error).message);
        return undefined;
      }
    },
    async keep({ progress, values }) {
      const content = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
      const header: z.output<typeof headerSchema> = {
        schemaVersion: 1,
        identity,
        progress,
        sha256: sha256(content),
      };
      await writeFile(`${path}.new`, Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), content]));
      await rename(`${path}.new`, path);
    },
  };
}

/** @throws Error saying why it cannot be used */
function read(bytes: Buffer, identity: string): Checkpoint {
  const end = bytes.indexOf('\n');
  const header = parseJson(headerSchema, bytes.toString('utf8', 0, Math.max(0, end)), 'its first line');
  if (header.identity !== identity) throw new Error('it is of other images, another recipe or another model');
  const content = Uint8Array.from(bytes.subarray(end + 1));
  if (sha256(content) !== header.sha256) throw new Error('it is damaged');
  return { progress: header.progress, values: new Float32Array(content.buffer) };
}
