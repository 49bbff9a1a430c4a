import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { MODEL_FILE } from '#core/contracts/manifest.ts';
import {
  type PredictionResponse,
  SERVED_OUTPUTS,
  type ServedModel,
  servedModelSchema,
} from '#core/contracts/served-model.ts';
import { sha256OfFile } from '#core/digest.ts';
import { GraftError, IntegrityError, NotFoundError } from '#core/errors.ts';
import { parseJson } from '#core/parse.ts';
import { type InferencePool, openPool } from '../inference/pool.ts';
import { referenceImages } from '../inference/reference-images.ts';
import type { InferenceTask } from '../inference/worker.ts';
import { requireSame } from '../onnx/reference.ts';
import { answerOf } from './answer.ts';

const SERVED_MODEL_FILE = 'served-model.json';
const HINT =
  'Take the content of the model.tar.gz that a training job of Graft wrote. If that is what it is, promote the domain again.';
const OTHER_FORM_HINT =
  'Promote the domain once with `force`: its next model has the form that this version of Graft serves.';

/** Read before the rest, whose fields are others in another version. */
const versionSchema = z.object({ schemaVersion: servedModelSchema.shape.schemaVersion });

/** A served model that is loaded, checked and warm. */
export interface OpenServedModel {
  served: ServedModel;
  /** Gives probabilities and `out_of_domain`, in this order. */
  pool: InferencePool;
  /**
   * @param signal drops an image that waits, and then throws its reason
   * @throws InvalidInputError when the image cannot be decoded
   */
  predict(task: InferenceTask, signal?: AbortSignal): Promise<PredictionResponse>;
  /** Frees the model's memory; nothing can be predicted after it. */
  close(): Promise<void>;
}

/**
 * @throws NotFoundError
 * @throws InvalidInputError also for a model of an earlier form, by its version
 */
export async function readServedModel(folder: string): Promise<ServedModel> {
  const path = join(folder, SERVED_MODEL_FILE);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new NotFoundError(`${path} cannot be read`, { cause, hint: HINT });
  });
  parseJson(versionSchema, text, SERVED_MODEL_FILE, OTHER_FORM_HINT);
  return parseJson(servedModelSchema, text, SERVED_MODEL_FILE, HINT);
}

/**
 * Loads a served model and compares what it computes with what it computed where it was trained.
 *
 * @param folder with `model.onnx` and `served-model.json`
 * @param threads images that are computed at once; one for each core when left out
 * @throws NotFoundError, InvalidInputError, IntegrityError
 */
export async function openServedModel(folder: string, threads?: number): Promise<OpenServedModel> {
  const served = await readServedModel(folder);
  const outputs = [SERVED_OUTPUTS.probabilities, SERVED_OUTPUTS.outOfDomain];
  const model = join(folder, MODEL_FILE);
  await checkDigest(served, model);
  const pool = await openPool({ model, inputs: [served.input], outputs, ...(threads && { threads }) }).catch(
    (cause: unknown) => {
      throw new IntegrityError(`${model} cannot be loaded`, { cause, hint: HINT });
    },
  );
  try {
    await checkReference(served, pool);
  } catch (error) {
    await pool.close();
    if (error instanceof GraftError) throw error;
    throw new IntegrityError(`${model} cannot compute what ${SERVED_MODEL_FILE} describes`, {
      cause: error,
      hint: HINT,
    });
  }
  return {
    served,
    pool,
    async predict(task, signal) {
      const [outputs] = await pool.infer(task, signal);
      const [probabilities, outOfDomain] = outputs!;
      return answerOf(served, probabilities!, outOfDomain![0]!);
    },
    close: () => pool.close(),
  };
}

/** @throws NotFoundError, IntegrityError */
async function checkDigest({ modelSha256 }: ServedModel, model: string): Promise<void> {
  if (modelSha256 === undefined) return;
  const { sha256 } = await sha256OfFile(model).catch((cause: unknown) => {
    throw new NotFoundError(`${model} cannot be read`, { cause, hint: HINT });
  });
  if (sha256 === modelSha256) return;
  throw new IntegrityError(
    `${model} is not the file that ${SERVED_MODEL_FILE} describes: its SHA-256 differs`,
    {
      hint: 'It was damaged or replaced on its way: copy the content of model.tar.gz once more.',
    },
  );
}

/**
 * Asks every thread, which warms it up as well: its first image allocates memory.
 *
 * @throws IntegrityError
 */
async function checkReference({ domain, trainingJob, input, reference }: ServedModel, pool: InferencePool) {
  const images = referenceImages(input);
  const rounds = Math.ceil(pool.threads / images.length);
  const observed = await Promise.all(
    Array.from({ length: rounds }, () =>
      Promise.all(images.map((pixels) => pool.infer({ image: { pixels } }))),
    ),
  );
  for (const round of observed) {
    const values = round.map(([outputs]) => outputs!.flatMap((output) => [...output]));
    requireSame(reference, values, `outputs of the model of domain "${domain}" from ${trainingJob}`);
  }
}
