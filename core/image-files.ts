/**
 * What counts as an image file, and what else may lie in a folder of images. The agent, `PrepareDomain` and
 * the training container all use these rules, so that they count the same images.
 */

/** Larger files are refused unread: no image within the limit of pixels needs more. */
export const MAXIMUM_IMAGE_BYTES = 64 * 1024 * 1024;

/**
 * Files that are no image, or a damaged one, are left out with a warning up to this share; more are an error.
 */
export const MAXIMUM_DAMAGED_SHARE = 0.1;

/** Bytes at the start of a file that `imageType` reads. */
export const IMAGE_HEAD_BYTES = 12;

export const NO_IMAGE = 'it is not a JPEG, PNG or WebP image, whatever its name says';

/** In lower case: Windows writes these names in several ways. */
const LITTER = new Set([
  // Windows
  'thumbs.db',
  'ehthumbs.db',
  'ehthumbs_vista.db',
  'desktop.ini',
  '$recycle.bin',
  'system volume information',
  // macOS; `._*`, `.DS_Store` and the like begin with a dot
  'icon\r',
  '__macosx',
  // Synology, QNAP
  '@eadir',
  '@tmp',
  '#recycle',
  '#snapshot',
  '@recycle',
  '@recently-snapshot',
  // Linux
  'lost+found',
]);

/**
 * Whether operating systems and network storage leave behind a file or folder of this name. It is ignored
 * without a message, with everything in it, even images.
 *
 * @param name of one file or folder, without slashes
 */
export const isLitter = (name: string): boolean => name.startsWith('.') || LITTER.has(name.toLowerCase());

/** Media types of the images that Graft reads. */
export const IMAGE_TYPES = ['image/png', 'image/jpeg', 'image/webp'] as const;
export type ImageType = (typeof IMAGE_TYPES)[number];

/** Media type of an image by its first bytes, never by its name; undefined for other files. */
export function imageType(bytes: Uint8Array): ImageType | undefined {
  const starts = (text: string, at = 0) =>
    [...text].every((character, i) => bytes[at + i] === character.charCodeAt(0));
  if (starts('\xff\xd8\xff')) return 'image/jpeg';
  if (starts('\x89PNG\r\n\x1a\n')) return 'image/png';
  return starts('RIFF') && starts('WEBP', 8) ? 'image/webp' : undefined;
}

/**
 * Whether a name ends like an image's. A message can then be given without reading a hundred thousand
 * objects.
 */
export const hasImageEnding = (name: string): boolean => /\.(png|jpe?g|webp)$/i.test(name);
