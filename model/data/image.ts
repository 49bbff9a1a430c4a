import sharp, { type Metadata, type Sharp } from 'sharp';
import type { Input } from '#core/contracts/common.ts';
import { InvalidInputError } from '#core/errors.ts';
import { type ImageType, imageType, MAXIMUM_IMAGE_BYTES, NO_IMAGE } from '#core/image-files.ts';
import { readRegularFile } from '#core/regular-file.ts';
import { jpegSize } from './jpeg-size.ts';
import { createPixelBudget } from './pixel-budget.ts';
import { stillAvif } from './still-avif.ts';

// libvips' cache is of no use, because no image comes twice. It also keeps the half-decoded pixels of refused
// images: an endpoint grew to 570 MiB.
sharp.cache(false);

/**
 * Larger images are refused from their header, before any pixel is decoded: 32 megapixels need 128 MB as
 * pixels.
 */
export const MAXIMUM_PIXELS = 32_000_000;
/** An AVIF's decoder takes twice the memory for a pixel, and cannot be stopped after some seconds. */
const AVIF_WEIGHT = 2;
/**
 * Pixels of the longer side, WebP's own limit. The time that shrinking takes grows with the longer side, not
 * with the number of pixels: a strip of 1 × 31,999,999 pixels, 62 KB as a PNG, took nine seconds.
 */
export const MAXIMUM_SIDE = 16_383;

/** One of the largest images with a small one beside it, or three photographs of 12 megapixels. */
const withinBudget = createPixelBudget(MAXIMUM_PIXELS + 8_000_000);

/** Transparent images are put on white, as on a page. */
const BACKGROUND = { r: 255, g: 255, b: 255 };

/** What has to be known of an image before it is decoded. */
type Header = Pick<Metadata, 'width' | 'height'> & Partial<Pick<Metadata, 'depth' | 'space'>>;

/** The fields of `Input` that decoding needs. */
export type ImageForm = Pick<Input, 'height' | 'width' | 'resize' | 'interpolation' | 'colours' | 'mean'>;

/**
 * Decodes an image of one of `IMAGE_TYPES` to 8-bit sRGB: rotated as its EXIF orientation says, colours
 * converted from the embedded profile, transparency flattened on white, the first frame of an animation,
 * resized to the network's size. Gamma and HDR chunks of a PNG are ignored, as in Pillow, TensorFlow and
 * OpenCV.
 *
 * @param image encoded bytes, or the path of a file
 * @param secondsAtMost whole seconds after which decoding is given up; no limit when left out, because a busy
 *   machine must not decide which images a training job sees
 * @returns height × width × 3 values in 0…255, rows from the top
 * @throws InvalidInputError when the file is in no such format, is damaged or cut short, is too large, or
 *   takes too long
 */
export async function decodeImage(
  image: Uint8Array | string,
  form: ImageForm,
  secondsAtMost?: number,
): Promise<Uint8Array> {
  const given = typeof image === 'string' ? await readImageFile(image) : image;
  const type = requireType(given);
  if (given.length > MAXIMUM_IMAGE_BYTES) throw tooManyBytes(given.length);
  try {
    const bytes = type === 'image/avif' ? stillAvif(given) : given;
    const header: Header = jpegSize(bytes) ?? (await sharp(bytes, { limitInputPixels: false }).metadata());
    const weight = type === 'image/avif' ? AVIF_WEIGHT : 1;
    refuseTooManyPixels(header, MAXIMUM_PIXELS / weight);
    const decoder = sharp(bytes, { limitInputPixels: MAXIMUM_PIXELS, failOn: 'error' });
    if (secondsAtMost !== undefined) decoder.timeout({ seconds: secondsAtMost });
    // sharp converts 16-bit colours with a profile to Display P3 and then takes them for sRGB. When it goes
    // through 8 bits first, it converts profiles to sRGB as for any other image.
    if (header.depth === 'ushort') decoder.pipelineColourspace(header.space === 'grey16' ? 'b-w' : 'srgb');
    const decoded = resized(decoder.autoOrient().flatten({ background: BACKGROUND }), form)
      .toColourspace('srgb')
      .raw({ depth: 'uchar' });
    const { data, info } = await withinBudget(weight * header.width * header.height, () =>
      decoded.toBuffer({ resolveWithObject: true }),
    );
    if (info.channels !== 3) throw new Error(`${info.channels} channels after conversion to sRGB`);
    return new Uint8Array(data.buffer, data.byteOffset, data.length);
  } catch (cause) {
    throw cause instanceof InvalidInputError ? cause : explain(cause, secondsAtMost);
  }
}

function resized(image: Sharp, { height, width, resize, interpolation, colours, mean }: ImageForm): Sharp {
  const kernel = interpolation;
  if (resize.fit === 'stretch') return image.resize(width, height, { fit: 'fill', kernel });
  if (resize.fit === 'contain') {
    const [r, g, b] = (colours === 'RGB' ? mean : mean.toReversed()).map(toByte) as [number, number, number];
    return image.resize(width, height, { fit: 'contain', kernel, background: { r, g, b } });
  }
  // As torchvision does it: the shorter side is scaled, and the centre is cut out.
  const [wide, high] = [Math.round(width / resize.crop), Math.round(height / resize.crop)];
  const [left, top] = [Math.round((wide - width) / 2), Math.round((high - height) / 2)];
  const scaled = image.resize(wide, high, { fit: 'cover', kernel });
  return resize.crop === 1 ? scaled : scaled.extract({ left, top, width, height });
}

const toByte = (value: number) => Math.min(255, Math.max(0, Math.round(value)));

/**
 * Reads an image file. Refuses files that are too large, and everything that is no regular file.
 *
 * @throws InvalidInputError
 */
export const readImageFile = (path: string): Promise<Uint8Array> =>
  readRegularFile(path, MAXIMUM_IMAGE_BYTES, tooManyBytes);

/**
 * Looks at the first bytes, never at the name. libvips would also read other formats (SVG, PDF, …), which are
 * too large a risk with images from outside.
 */
function requireType(bytes: Uint8Array): ImageType {
  if (bytes.length === 0) throw new InvalidInputError('the file is empty', { hint: 'Copy it again.' });
  const type = imageType(bytes);
  if (type !== undefined) return type;
  throw new InvalidInputError(NO_IMAGE, {
    hint: 'Convert it to one of these formats, or remove it.',
  });
}

function tooManyBytes(size: number) {
  return new InvalidInputError(
    `its ${Math.round(size / 1e6)} MB are more than the ${Math.round(MAXIMUM_IMAGE_BYTES / 1e6)} MB allowed`,
    { hint: 'Scale it down: the network sees a small image anyway.' },
  );
}

function refuseTooManyPixels({ width, height }: Header, most: number) {
  const hint = 'Scale it down: the network sees a small image anyway.';
  if (width * height > most) {
    const megapixels = ((width * height) / 1e6).toFixed(1);
    throw new InvalidInputError(
      `its ${width} × ${height} pixels are ${megapixels} megapixels, more than the ${most / 1e6} allowed`,
      { hint },
    );
  }
  if (Math.max(width, height) > MAXIMUM_SIDE) {
    throw new InvalidInputError(
      `its ${width} × ${height} pixels are more than the ${MAXIMUM_SIDE} allowed for a side`,
      { hint },
    );
  }
}

function explain(cause: unknown, secondsAtMost?: number) {
  const message = reasonOf(cause);
  if (message.startsWith('timeout:')) {
    return new InvalidInputError(`it takes more than ${secondsAtMost} s to decode`, {
      cause,
      hint: 'Scale it down, or save it again as a plain JPEG: the network sees a small image anyway.',
    });
  }
  return new InvalidInputError(`it is damaged or cut short (${message})`, {
    cause,
    hint: 'Copy it again from its source, or remove it.',
  });
}

/** The first line that says something of the image: AVIF's reader tells before it where it has looked. */
function reasonOf(error: unknown): string {
  const lines = (error instanceof Error ? error.message : String(error)).split('\n');
  return (lines.find((line) => !line.startsWith('source: bad seek')) ?? lines[0]!).trim();
}
