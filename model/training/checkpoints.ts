import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { sha256Schema } from '#core/contracts/common.ts';
import { curvePointSchema } from '#core/contracts/evaluation.ts';
import { sha256 } from '#core/digest.ts';
import { parseJson } from '#core/parse.ts';

/** Progress of a training. */
const progressSchema = z.strictObject({
  /** `search` is the training that measures the curve, `final` the one on all images. */
  phase: z.enum(['search', 'final']),
  /** Gradient steps of this phase. */
  step: z.int().nonnegative(),
  /** Images since the last point of the curve, and how many of them were recognised. */
  seen: z.int().nonnegative(),
  right: z.number().nonnegative(),
  curve: z.array(curvePointSchema),
});
export type Progress = z.output<typeof progressSchema>;

/** The state of a training that can be resumed. */
export interface Checkpoint {
  progress: Progress;
  /** Of `Replica.save`. */
  values: Float32Array;
}

export interface Checkpoints {
  /** The checkpoint of an interrupted training; undefined if there is none that can be used. */
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
 * Keeps the newest checkpoint as one file. SageMaker copies the folder file by file, so two files could come
 * from two steps. The file is a line of JSON, then the values as 32-bit floats (little-endian, as on every
 * machine that runs this).
 *
 * @param identity SHA-256 of everything that decides the result of the training; a checkpoint with another
 *   identity is refused
 * @param onRefused is told why an existing checkpoint is not used
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
