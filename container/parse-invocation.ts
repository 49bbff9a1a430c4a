import { z } from 'zod';
import { HttpProblem } from './http-problem.ts';

const IMAGE_TYPES = ['image/png', 'image/jpeg', 'image/webp'];
const JSON_TYPE = 'application/json';
const ACCEPTED = [...IMAGE_TYPES, JSON_TYPE].join(', ');

const base64Schema = z.base64('expected base64 of a PNG, JPEG or WebP file').min(1, 'the image is empty');
const imageSchema = z.strictObject({ image: base64Schema });
const jsonSchema = z.union([
  imageSchema,
  z.strictObject({
    instances: z
      .array(z.union([imageSchema, base64Schema]))
      .min(1)
      .max(100),
  }),
]);

/** The encoded images of one request. `many` tells a list of one from a single image: the answers differ in shape. */
export interface Invocation {
  images: Buffer[];
  many: boolean;
}

/**
 * Image bytes under their own content type, or JSON: `{"image": "<base64>"}` for one image,
 * `{"instances": [{"image": "<base64>"}, …]}` for up to 100 (a plain string stands for `{"image": …}`).
 *
 * @throws HttpProblem 415 for any other content type, 400 for a body that is empty or not of the agreed form
 */
export function parseInvocation(contentType: string | undefined, body: Buffer): Invocation {
  const type = mediaType(contentType);
  if (body.length === 0) throw new HttpProblem(400, 'The request has no body: send the bytes of an image');
  if (type !== JSON_TYPE) return { images: [body], many: false };
  const parsed = parseJsonBody(body);
  if ('image' in parsed) return { images: [Buffer.from(parsed.image, 'base64')], many: false };
  const images = parsed.instances.map((instance) =>
    Buffer.from(typeof instance === 'string' ? instance : instance.image, 'base64'),
  );
  return { images, many: true };
}

/** @throws HttpProblem 415 */
export function mediaType(contentType: string | undefined): string {
  const type = (contentType ?? '').split(';', 1)[0]!.trim().toLowerCase();
  if (type === JSON_TYPE || IMAGE_TYPES.includes(type)) return type;
  const found = type === '' ? 'The request has no content type' : `Content type "${type}" is not supported`;
  throw new HttpProblem(415, `${found}: send one of ${ACCEPTED}`, { accept: ACCEPTED });
}

function parseJsonBody(body: Buffer): z.output<typeof jsonSchema> {
  const expected = 'expected {"image": "<base64>"} or {"instances": [{"image": "<base64>"}, …]}';
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw new HttpProblem(400, `The body is not JSON (${(cause as Error).message}): ${expected}`);
  }
  const result = jsonSchema.safeParse(value);
  if (result.success) return result.data;
  throw new HttpProblem(400, `The body is not of the agreed form: ${expected}`);
}
