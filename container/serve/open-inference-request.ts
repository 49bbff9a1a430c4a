import * as z from 'zod';
import { ProblemError } from '#core/problem.ts';
import { base64ImageSchema } from './base64-image.ts';
import type { Predictor, RequestImage } from './predictor.ts';

const MOST_IMAGES = 100;

const parametersSchema = z.record(z.string(), z.unknown()).optional();
const requestSchema = z.strictObject({
  id: z.string().max(1024).optional(),
  parameters: parametersSchema,
  inputs: z
    .array(
      z.strictObject({
        name: z.string(),
        shape: z.array(z.int().min(0)).min(1).max(4),
        datatype: z.string(),
        parameters: parametersSchema,
        data: z.array(z.unknown()).optional(),
      }),
    )
    .length(1, 'expected one input, "image" or "pixels"'),
  outputs: z.array(z.strictObject({ name: z.string(), parameters: parametersSchema })).optional(),
});
type Tensor = z.output<typeof requestSchema>['inputs'][number];

/** A request of the Open Inference Protocol, and which outputs it wants in which form. */
export interface InferenceRequest {
  id: string | undefined;
  images: RequestImage[];
  /** All of them when left out. */
  outputs: { name: string; binary: boolean }[] | undefined;
  /** Whether outputs that are not named one by one are wanted in binary form. */
  binary: boolean;
}

/**
 * @param header length of the JSON at the body's beginning, where binary tensors follow it (Triton's
 *   extension `binary_tensor_data`, header `Inference-Header-Content-Length`)
 * @throws ProblemError 400
 */
export function parseInference(
  body: Buffer,
  header: string | undefined,
  { input }: Predictor['served'],
): InferenceRequest {
  const length = header === undefined ? body.length : Number(header);
  if (!Number.isInteger(length) || length < 0 || length > body.length) {
    throw refused(`Inference-Header-Content-Length is ${JSON.stringify(header)}: expected the JSON's length`);
  }
  const request = parseHead(body.subarray(0, length));
  const [tensor] = request.inputs;
  const images = imagesOf(tensor!, body.subarray(length), input);
  return {
    id: request.id,
    images,
    outputs: request.outputs?.map(({ name, parameters }) => ({
      name,
      binary: parameters?.binary_data === true,
    })),
    binary: request.parameters?.binary_data_output === true,
  };
}

function parseHead(bytes: Buffer) {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw refused(`The request is not JSON (${(cause as Error).message})`);
  }
  const result = requestSchema.safeParse(value);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  throw refused(`${path.join('.') || 'request'}: ${message}`);
}

function imagesOf(tensor: Tensor, rest: Buffer, input: Predictor['served']['input']): RequestImage[] {
  const { name, shape, datatype } = tensor;
  const count = shape[0]!;
  if (count < 1 || count > MOST_IMAGES) throw refused(`inputs.0.shape: expected 1 to ${MOST_IMAGES} images`);
  const bytes = binaryData(tensor, rest);
  if (name === 'image' && datatype === 'BYTES' && shape.slice(1).every((side) => side === 1)) {
    const images = bytes === undefined ? base64Images(tensor.data) : splitElements(bytes);
    if (images.length === count) return images;
    throw refused(`inputs.0: ${images.length} images for the shape [${shape.join(', ')}]`);
  }
  const { height, width } = input;
  const sides = [height, width, 3];
  const fits = shape.length === 4 && sides.every((side, at) => shape[at + 1] === side);
  if (name === 'pixels' && datatype === 'UINT8' && fits) {
    const pixels = bytes === undefined ? flatPixels(tensor.data) : new Uint8Array(bytes);
    const size = height * width * 3;
    if (pixels.length !== count * size) throw refused(`inputs.0: ${pixels.length} values for that shape`);
    return Array.from({ length: count }, (_, at) => ({
      pixels: pixels.slice(at * size, (at + 1) * size),
    }));
  }
  throw refused(
    `inputs.0: expected "image", BYTES of shape [n] (encoded images, in JSON as base64), or "pixels", UINT8 of shape [n, ${sides.join(', ')}]; found "${name}", ${datatype} of shape [${shape.join(', ')}]`,
  );
}

/** The tensor's part of what follows the JSON; undefined where it is in the JSON. */
function binaryData({ parameters, data }: Tensor, rest: Buffer): Buffer | undefined {
  const size = parameters?.binary_data_size;
  if (size === undefined) return undefined;
  if (data !== undefined) throw refused('inputs.0 has both data and binary_data_size');
  if (size === rest.length) return rest;
  throw refused(`inputs.0: binary_data_size is ${String(size)}, but ${rest.length} bytes follow the JSON`);
}

function base64Images(data: unknown[] | undefined): Buffer[] {
  return (data ?? []).flat(1).map((each, at) => {
    const result = base64ImageSchema.safeParse(each);
    if (result.success) return result.data;
    throw refused(`inputs.0.data.${at}: ${result.error.issues[0]!.message}`);
  });
}

/** Each element has its length before it, four bytes, the lowest first. */
function splitElements(bytes: Buffer): Buffer[] {
  const elements: Buffer[] = [];
  let at = 0;
  while (at < bytes.length) {
    const length = at + 4 <= bytes.length ? bytes.readUInt32LE(at) : Number.POSITIVE_INFINITY;
    if (at + 4 + length > bytes.length) throw refused('inputs.0: its binary data is cut short');
    elements.push(bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return elements;
}

function flatPixels(data: unknown[] | undefined): Uint8Array {
  const values = (data ?? []).flat(3);
  const wrong = values.findIndex(
    (each) => !Number.isInteger(each) || (each as number) < 0 || (each as number) > 255,
  );
  if (wrong >= 0) throw refused(`inputs.0.data: value ${wrong} is no whole number from 0 to 255`);
  return Uint8Array.from(values as number[]);
}

const refused = (detail: string) => new ProblemError(400, detail);
