import { readFile, stat } from 'node:fs/promises';
import sharp from 'sharp';
import type { Input } from '#core/contracts/common.ts';
import { InvalidInputError } from '#core/errors.ts';

/** Larger images are refused from their header, before any pixel is decoded: 32 megapixels need 128 MB as pixels. */
export const MAXIMUM_PIXELS = 32_000_000;
/** No image below `MAXIMUM_PIXELS` needs more as a file, except to waste memory. */
export const MAXIMUM_BYTES = 64 * 1024 * 1024;

/** What a transparent image stands on: white, as on a page. */
const BACKGROUND = { r: 255, g: 255, b: 255 };

/** The fields of `Input` that decoding needs. */
export type ImageSize = Pick<Input, 'height' | 'width'>;

/**
 * Decodes a JPEG, PNG or WebP image to 8-bit sRGB: rotated as its EXIF orientation says, transparency flattened on white, the
 * first frame of an animation, stretched to the network's size (as Keras does: nothing of the image is cut away).
 *
 * @param image encoded bytes, or the path of a file
 * @returns height × width × 3 values in 0…255, rows from the top
 * @throws InvalidInputError when it is none of these, is damaged or cut short, or is too large
 */
export async function decodeImage(image: Uint8Array | string, size: ImageSize): Promise<Uint8Array> {
  const bytes = typeof image === 'string' ? await readImageFile(image) : image;
  refuseOtherFormats(bytes);
  if (bytes.length > MAXIMUM_BYTES) throw tooManyBytes(bytes.length);
  try {
    const { data, info } = await sharp(bytes, { limitInputPixels: MAXIMUM_PIXELS, failOn: 'error' })
      .autoOrient()
      .flatten({ background: BACKGROUND })
      .resize(size.width, size.height, { fit: 'fill' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) throw new Error(`${info.channels} channels after conversion to sRGB`);
    return new Uint8Array(data.buffer, data.byteOffset, data.length);
  } catch (cause) {
    throw await explain(bytes, cause);
  }
}

/** Reads an image file, refusing by its size what cannot be one. */
export async function readImageFile(path: string): Promise<Uint8Array> {
  const { size } = await stat(path);
  if (size > MAXIMUM_BYTES) throw tooManyBytes(size);
  return readFile(path);
}

/**
 * By the first bytes, never by the name. libvips would read other formats too (SVG, PDF, …): they are kept away from images that
 * strangers send.
 */
function refuseOtherFormats(bytes: Uint8Array) {
  if (bytes.length === 0) throw new InvalidInputError('the file is empty', { hint: 'Copy it again.' });
  const starts = (text: string, at = 0) =>
    [...text].every((character, i) => bytes[at + i] === character.charCodeAt(0));
  const known =
    starts('\xff\xd8\xff') || starts('\x89PNG\r\n\x1a\n') || (starts('RIFF') && starts('WEBP', 8));
  if (known) return;
  throw new InvalidInputError('it is not a JPEG, PNG or WebP image, whatever its name says', {
    hint: 'Convert it to one of these formats, or remove it.',
  });
}

function tooManyBytes(size: number) {
  return new InvalidInputError(
    `its ${Math.round(size / 1e6)} MB are more than the ${Math.round(MAXIMUM_BYTES / 1e6)} MB allowed`,
    { hint: 'Scale it down: the network sees a small image anyway.' },
  );
}

async function explain(bytes: Uint8Array, cause: unknown) {
  const header = await sharp(bytes, { limitInputPixels: false })
    .metadata()
    .catch(() => undefined);
  if (header?.width && header.height && header.width * header.height > MAXIMUM_PIXELS) {
    const megapixels = ((header.width * header.height) / 1e6).toFixed(1);
    return new InvalidInputError(
      `its ${header.width} × ${header.height} pixels are ${megapixels} megapixels, more than the ${MAXIMUM_PIXELS / 1e6} allowed`,
      { cause, hint: 'Scale it down: the network sees a small image anyway.' },
    );
  }
  return new InvalidInputError(`it is damaged or cut short (${firstLine(cause)})`, {
    cause,
    hint: 'Copy it again from its source, or remove it.',
  });
}

const firstLine = (error: unknown) =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0]!.trim();
