import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type PredictionResponse,
  type ServedModel,
  servedModelSchema,
} from '#core/contracts/served-model.ts';
import { NotFoundError } from '#core/errors.ts';
import { parseJson } from '#core/parse.ts';
import { isUnsure, type Outputs, rankLabels } from './predict.ts';

const SERVED_MODEL_FILE = 'served-model.json';

/** @throws NotFoundError, InvalidInputError */
export async function readServedModel(folder: string): Promise<ServedModel> {
  const path = join(folder, SERVED_MODEL_FILE);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new NotFoundError(`${path} cannot be read`, {
      cause,
      hint: 'Take the content of the model.tar.gz that a training job of Graft wrote.',
    });
  });
  return parseJson(servedModelSchema, text, SERVED_MODEL_FILE);
}

/** A served model's answer about one image. */
export function answerOf(served: ServedModel, { probabilities, outOfDomain }: Outputs): PredictionResponse {
  const { domain, general, labels, trainingJob } = served;
  const [score] = outOfDomain ?? [];
  return {
    predictions: rankLabels(probabilities, labels),
    ...(score === undefined ? {} : { unsure: isUnsure(score), outOfDomain: score }),
    domain,
    general,
    trainingJob,
  };
}
