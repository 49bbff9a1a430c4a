import * as z from 'zod';
import { MAXIMUM_INSTANCES, type RequestType } from '#core/prediction-requests.ts';
import { ProblemError } from '#core/problem.ts';
import { base64ImageSchema } from './base64-image.ts';

const imageSchema = z.strictObject({ image: base64ImageSchema });
const instanceSchema = z.preprocess(
  (each) => (typeof each === 'string' ? { image: each } : each),
  imageSchema,
);
const instancesSchema = z.strictObject({
  // Counted before any of them is parsed: two million fit into a request, and parsing them took seconds.
  instances: z.array(z.unknown()).min(1).max(MAXIMUM_INSTANCES).pipe(z.array(instanceSchema)),
});

/**
 * The encoded images of one request. `many` tells a list of one image from a single image: their answers
 * differ in shape.
 */
export interface Invocation {
  images: Buffer[];
  many: boolean;
}

/**
 * Image bytes under the content type of an image, or JSON: `{"image": "<base64>"}` for one image,
 * `{"instances": [{"image": "<base64>"}, …]}` for up to 32 (a plain string stands for `{"image": …}`). The
 * bytes of an image decide which format it has: a PNG under `image/jpeg` is read as a PNG.
 *
 * @throws ProblemError 400 for a body that is empty or not of the agreed form
 */
export function parseInvocation(type: RequestType, body: Buffer): Invocation {
  if (body.length === 0) throw new ProblemError(400, 'The request has no body: send the bytes of an image');
  return type === 'application/json' ? parseJsonBody(body) : { images: [body], many: false };
}

const EXPECTED = 'expected {"image": "<base64>"} or {"instances": [{"image": "<base64>"}, …]}';

function parseJsonBody(body: Buffer): Invocation {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw new ProblemError(400, `The body is not JSON (${(cause as Error).message}): ${EXPECTED}`);
  }
  if (typeof value === 'object' && value !== null && 'instances' in value) {
    const { instances } = parseForm(instancesSchema, value);
    return { images: instances.map(({ image }) => image), many: true };
  }
  return { images: [parseForm(imageSchema, value).image], many: false };
}

function parseForm<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  const where = path.length === 0 ? '' : `${path.join('.')}: `;
  throw new ProblemError(400, `The body is not of the agreed form (${where}${message}): ${EXPECTED}`);
}
