import * as z from 'zod';
import { type PredictionResponse, predictionResponseSchema } from '#core/contracts/served-model.ts';
import { GraftError, InvalidInputError } from '#core/errors.ts';
import { imageType, NO_IMAGE } from '#core/image-files.ts';
import { readImageFile } from '#model/data/image.ts';
import { cloudFormationClient } from '../../aws/clients.ts';
import { stackOutput } from '../../aws/stack.ts';
import { UsageError } from '../../cli/errors.ts';
import { named } from '../../cli/image-error.ts';
import { type ApiOptions, callApi } from './call-api.ts';

const PREDICTIONS = { what: 'a prediction', method: 'POST', path: 'predictions' } as const;

/** What is shown of an answer; another version of the API may say more. */
const answerSchema = z.object(predictionResponseSchema.shape);
const listSchema = z.object({ predictions: z.array(answerSchema) });

/** The REST API's base URL: the given one, or the stack's output. */
export async function apiUrl(options: {
  url?: string | undefined;
  stack: string;
  region?: string | undefined;
  'endpoint-url'?: string | undefined;
}): Promise<string> {
  if (options.url !== undefined) {
    if (!URL.canParse(options.url)) throw new UsageError(`--url is "${options.url}", which is not a URL`);
    return options.url;
  }
  const aws = { region: options.region, endpointUrl: options['endpoint-url'] };
  return stackOutput(cloudFormationClient(aws), options.stack, 'ApiUrl', '--url');
}

/**
 * `POST <url>/domains/<domain>/predictions` with the bytes of an image.
 *
 * @throws GraftError naming the image if it is none, or with the API's answer if it is no prediction
 */
export async function predictRemotely(image: string, options: ApiOptions): Promise<PredictionResponse> {
  const bytes = await named(image, () => readApiImage(image));
  return predictBytes(bytes, options);
}

/** @throws InvalidInputError when the file is no image that the API would take */
export async function readApiImage(path: string): Promise<Uint8Array> {
  const bytes = await readImageFile(path);
  if (imageType(bytes) === undefined) throw new InvalidInputError(NO_IMAGE);
  return bytes;
}

/** As `predictRemotely`, of an image that has been read. */
export const predictBytes = (bytes: Uint8Array, options: ApiOptions): Promise<PredictionResponse> =>
  callApi({ body: bytes, type: imageType(bytes)!, ...PREDICTIONS }, answerSchema, options);

/** Several images in one request; the answers are in their order. */
export async function predictSeveral(
  images: readonly Uint8Array[],
  options: ApiOptions,
): Promise<PredictionResponse[]> {
  const instances = images.map((bytes) => ({ image: Buffer.from(bytes).toString('base64') }));
  const content = { body: Buffer.from(JSON.stringify({ instances })), type: 'application/json' };
  const { predictions } = await callApi({ ...content, ...PREDICTIONS }, listSchema, options);
  if (predictions.length === images.length) return predictions;
  throw new GraftError('BadAnswer', `The API gave ${predictions.length} answers for ${images.length} images`);
}
