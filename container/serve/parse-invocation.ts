import { z } from 'zod';
import { base64ImageSchema } from './base64-image.ts';
import { HttpProblem } from './http-problem.ts';

const IMAGE_TYPES = ['image/png', 'image/jpeg', 'image/webp'];
const JSON_TYPE = 'application/json';
const ACCEPTED = [...IMAGE_TYPES, JSON_TYPE].join(', ');

const imageSchema = z.strictObject({ image: base64ImageSchema });
const instanceSchema = z.preprocess(
  (each) => (typeof each === 'string' ? { image: each } : each),
  imageSchema,
);
const instancesSchema = z.strictObject({
  // Counted before any of them is looked at: two million fit into a request, and looking at them took seconds.
  instances: z.array(z.unknown()).min(1).max(100).pipe(z.array(instanceSchema)),
});

/** The encoded images of one request. `many` tells a list of one from a single image: the answers differ in shape. */
export interface Invocation {
  images: Buffer[];
  many: boolean;
}

/**
 * Image bytes under the content type of an image, or JSON: `{"image": "<base64>"}` for one image,
 * `{"instances": [{"image": "<base64>"}, …]}` for up to 100 (a plain string stands for `{"image": …}`). Which of the three formats an
 * image has, its bytes say: a PNG under `image/jpeg` is as good as any.
 *
 * @throws HttpProblem 415 for any other content type, 400 for a body that is empty or not of the agreed form
 */
export function parseInvocation(contentType: string | undefined, body: Buffer): Invocation {
  const type = mediaType(contentType);
  if (body.length === 0) throw new HttpProblem(400, 'The request has no body: send the bytes of an image');
  return type === JSON_TYPE ? parseJsonBody(body) : { images: [body], many: false };
}

/** @throws HttpProblem 415 */
export function mediaType(contentType: string | undefined): string {
  const type = (contentType ?? '').split(';', 1)[0]!.trim().toLowerCase();
  if (type === JSON_TYPE || IMAGE_TYPES.includes(type)) return type;
  const found = type === '' ? 'The request has no content type' : `Content type "${type}" is not supported`;
  throw new HttpProblem(415, `${found}: send one of ${ACCEPTED}`, { accept: ACCEPTED });
}

const EXPECTED = 'expected {"image": "<base64>"} or {"instances": [{"image": "<base64>"}, …]}';

function parseJsonBody(body: Buffer): Invocation {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw new HttpProblem(400, `The body is not JSON (${(cause as Error).message}): ${EXPECTED}`);
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
  throw new HttpProblem(400, `The body is not of the agreed form (${where}${message}): ${EXPECTED}`);
}
