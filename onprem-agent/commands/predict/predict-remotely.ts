import { z } from 'zod';
import { type PredictionResponse, predictionResponseSchema } from '#core/contracts/served-model.ts';
import { GraftError, InvalidInputError } from '#core/errors.ts';
import { imageType, NO_IMAGE } from '#core/image-files.ts';
import { parseJson } from '#core/parse.ts';
import { readImageFile } from '#model/data/image.ts';
import { cloudFormationClient } from '../../aws/clients.ts';
import { stackOutput } from '../../aws/stack.ts';
import { UsageError } from '../../cli/errors.ts';
import { named } from '../../cli/image-error.ts';

/** Milliseconds; longer than API Gateway waits (29 s). */
const TIMEOUT_MS = 35_000;

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

/** The API, and who asks it about what. */
export interface ApiOptions {
  url: string;
  domain: string;
  apiKey: string | undefined;
  signal: AbortSignal;
}

/** As `predictRemotely`, of an image that has been read. */
export const predictBytes = (bytes: Uint8Array, options: ApiOptions): Promise<PredictionResponse> =>
  post({ body: bytes, type: imageType(bytes)! }, answerSchema, options);

/** Several images in one request; the answers are in their order. */
export async function predictSeveral(
  images: readonly Uint8Array[],
  options: ApiOptions,
): Promise<PredictionResponse[]> {
  const instances = images.map((bytes) => ({ image: Buffer.from(bytes).toString('base64') }));
  const content = { body: Buffer.from(JSON.stringify({ instances })), type: 'application/json' };
  const { predictions } = await post(content, listSchema, options);
  if (predictions.length === images.length) return predictions;
  throw new GraftError('BadAnswer', `The API gave ${predictions.length} answers for ${images.length} images`);
}

/** The API has answered, and not with a prediction. */
export class PredictionRefusedError extends GraftError {
  readonly status: number;
  /** Seconds, where the answer says when to try again. */
  readonly retryAfter: number | undefined;

  constructor(message: string, details: { hint?: string; status: number; retryAfter: number | undefined }) {
    const { status, retryAfter, ...rest } = details;
    super('PredictionRefused', message, rest);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

async function post<Schema extends z.ZodType>(
  { body, type }: { body: Uint8Array; type: string },
  schema: Schema,
  options: ApiOptions,
): Promise<z.output<Schema>> {
  const url = `${options.url.replace(/\/+$/, '')}/domains/${encodeURIComponent(options.domain)}/predictions`;
  const response = await fetch(url, {
    method: 'POST',
    body: body as Uint8Array<ArrayBuffer>,
    headers: {
      'content-type': type,
      accept: 'application/json',
      ...(options.apiKey === undefined ? {} : { 'x-api-key': options.apiKey }),
    },
    signal: AbortSignal.any([options.signal, AbortSignal.timeout(TIMEOUT_MS)]),
  }).catch((cause: unknown) => {
    throw new GraftError('Unreachable', `${url} cannot be reached`, {
      cause,
      hint: 'Check --url and the network.',
    });
  });
  const text = await response.text();
  if (!response.ok) throw refusal(response, text, options.domain);
  return parseJson(schema, text, `The answer of ${url}`);
}

const HINTS: Record<number, string> = {
  403: 'Give the API key with --api-key or GRAFT_API_KEY.',
  404: 'Check --domain: the domain must have been pushed with `graft data push`.',
  429: 'Wait a little: the usage plan limits how many calls a key may make.',
  503: 'Wait for the first promotion of this domain to end.',
};

/** API Gateway answers `{"message"}`, our function problem+json with `{"detail"}`. */
function refusal({ status, headers }: Response, text: string, domain: string): PredictionRefusedError {
  let said: { detail?: unknown; message?: unknown } = {};
  try {
    said = JSON.parse(text) as typeof said;
  } catch {
    // Not JSON: a proxy has answered.
  }
  const reason = String(said?.detail ?? said?.message ?? text.slice(0, 200));
  const hint = HINTS[status];
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  return new PredictionRefusedError(
    `The API refused a prediction for domain "${domain}" with ${status}: ${reason}`,
    {
      status,
      retryAfter: Number.isFinite(seconds) ? seconds : undefined,
      ...(hint === undefined ? {} : { hint }),
    },
  );
}
