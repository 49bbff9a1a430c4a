import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { predictionResponseSchema } from '#core/contracts/served-model.ts';
import { GraftError } from '#core/errors.ts';
import { parseJson } from '#core/parse.ts';

export interface Answer {
  image: string;
  expected: string;
  label: string;
  probability: number;
  unsure: boolean;
  milliseconds: number;
  /** Version of the general model behind the answer. */
  version: string;
}

/**
 * One image of each class, from a folder of label folders: the first by name, so that each run asks about the
 * same images.
 */
export async function oneImagePerClass(folder: string): Promise<{ image: string; expected: string }[]> {
  const labels = (await readdir(folder)).sort();
  return Promise.all(
    labels.map(async (expected) => {
      const [first] = (await readdir(join(folder, expected))).sort();
      return { image: join(folder, expected, first!), expected };
    }),
  );
}

/**
 * Some of the images in a folder, at even distances in the order of their names. The names say what they
 * show.
 */
export async function sampleImages(
  folder: string,
  count: number,
): Promise<{ image: string; expected: string }[]> {
  const names = (await readdir(folder)).sort();
  return Array.from({ length: count }, (_, i) => {
    const name = names[Math.floor((i * names.length) / count)]!;
    return { image: join(folder, name), expected: name.replace(/^[^-]*-|\.png$/g, '') };
  });
}

/** What the demonstration needs of an answer. */
const answerSchema = z.object(predictionResponseSchema.shape);

/** Whether a model answers for a domain: 503 means that none has ever been promoted to it. */
export async function isLive(url: string, apiKey: string, image: string): Promise<boolean> {
  const response = await post(url, apiKey, await readFile(image));
  await response.arrayBuffer();
  return response.status !== 503;
}

/**
 * One REST call, as a team that uses the API makes it.
 *
 * @throws GraftError with status and body for any answer but 200
 */
export async function ask(url: string, apiKey: string, image: string, expected: string): Promise<Answer> {
  const body = await readFile(image);
  const startedAt = performance.now();
  const response = await post(url, apiKey, body);
  const text = await response.text();
  const milliseconds = performance.now() - startedAt;
  if (response.status !== 200) {
    throw new GraftError('PredictionFailed', `POST ${url} answered ${response.status}: ${text}`);
  }
  const { predictions, unsure, general } = parseJson(answerSchema, text, 'The answer of the REST API');
  const { label, probability } = predictions[0]!;
  return {
    image,
    expected,
    label,
    probability,
    unsure: unsure === true,
    milliseconds,
    version: general.version,
  };
}

const post = (url: string, apiKey: string, body: Buffer) =>
  fetch(url, {
    method: 'POST',
    headers: { 'x-api-key': apiKey, 'content-type': 'image/png' },
    body: body as BodyInit,
  });
