/**
 * What an image file is, and what a folder of images has besides. The agent, `PrepareDomain` and the training container all ask here, so
 * that they count the same images.
 */

/** Larger files are refused unread: no image that may be decoded needs more, except to waste memory. */
export const MAXIMUM_IMAGE_BYTES = 64 * 1024 * 1024;

/** Files that are no image, or a damaged one, are left out with a warning; a larger share of them is an error. */
export const MAXIMUM_DAMAGED_SHARE = 0.1;

/** As many first bytes of a file as `imageType` looks at. */
export const IMAGE_HEAD_BYTES = 12;

export const NO_IMAGE = 'it is not a JPEG, PNG or WebP image, whatever its name says';

/** In lower case: Windows writes them in several ways. */
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
 * Whether operating systems and network storage leave a file or folder of this name behind. It is passed over without a word, with
 * everything in it, even if that is an image.
 *
 * @param name of one file or folder, without slashes
 */
export const isLitter = (name: string): boolean => name.startsWith('.') || LITTER.has(name.toLowerCase());

/** Media types of the images that Graft reads. */
export const IMAGE_TYPES = ['image/png', 'image/jpeg', 'image/webp'] as const;
export type ImageType = (typeof IMAGE_TYPES)[number];

/** Media type of an image by its first bytes, never by its name; undefined for anything that is no JPEG, PNG or WebP. */
export function imageType(bytes: Uint8Array): ImageType | undefined {
  const starts = (text: string, at = 0) =>
    [...text].every((character, i) => bytes[at + i] === character.charCodeAt(0));
  if (starts('\xff\xd8\xff')) return 'image/jpeg';
  if (starts('\x89PNG\r\n\x1a\n')) return 'image/png';
  return starts('RIFF') && starts('WEBP', 8) ? 'image/webp' : undefined;
}

/** Whether a name promises an image, so that nobody reads a hundred thousand objects to be told what their names say. */
export const hasImageEnding = (name: string): boolean => /\.(png|jpe?g|webp)$/i.test(name);
