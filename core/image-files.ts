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

/**
 * The formats that Graft reads, everywhere: in requests, data of domains and general data sets. HEIC is not
 * among them: the packages of sharp have no decoder for it, because it is patented.
 */
const FORMATS = [
  { type: 'image/png', name: 'PNG', endings: ['png'], marks: ['\x89PNG\r\n\x1a\n'] },
  { type: 'image/jpeg', name: 'JPEG', endings: ['jpg', 'jpeg'], marks: ['\xff\xd8\xff'] },
  { type: 'image/webp', name: 'WebP', endings: ['webp'], marks: ['RIFF....WEBP'] },
  { type: 'image/gif', name: 'GIF', endings: ['gif'], marks: ['GIF87a', 'GIF89a'] },
  { type: 'image/avif', name: 'AVIF', endings: ['avif'], marks: [] },
] as const;

export type ImageType = (typeof FORMATS)[number]['type'];
/** Media types of the images that Graft reads. */
export const IMAGE_TYPES: readonly ImageType[] = FORMATS.map(({ type }) => type);
/** Their names, as messages list them. */
export const IMAGE_NAMES = FORMATS.map(({ name }) => name)
  .join(', ')
  .replace(/, (?=[^,]+$)/, ' or ');
/** How names of their files end, in lower case and without the dot. */
export const IMAGE_ENDINGS: readonly string[] = FORMATS.flatMap(({ endings }) => endings);

export const NO_IMAGE = `it is not a ${IMAGE_NAMES} image, whatever its name says`;

/** Bytes at the start of a file that `imageType` reads: among them the brands of an AVIF. */
export const IMAGE_HEAD_BYTES = 64;

/** Media type of an image by its first bytes, never by its name; undefined for other files. */
export function imageType(bytes: Uint8Array): ImageType | undefined {
  if (brandsOf(bytes).some((brand) => brand === 'avif' || brand === 'avis')) return 'image/avif';
  return FORMATS.find(({ marks }) => marks.some((mark) => beginsWith(bytes, mark)))?.type;
}

/** @param mark in which a dot stands for any byte */
const beginsWith = (bytes: Uint8Array, mark: string): boolean =>
  [...mark].every((character, at) => character === '.' || bytes[at] === character.charCodeAt(0));

/**
 * The brands in a `ftyp` box, with which HEIC and AVIF begin (ISO/IEC 14496-12, 4.3): one at byte 8, others
 * from byte 16. Files name their brands in any order.
 */
function brandsOf(bytes: Uint8Array): string[] {
  if (!beginsWith(bytes, '....ftyp')) return [];
  const size = Math.min(bytes[2]! * 256 + bytes[3]!, bytes.length, IMAGE_HEAD_BYTES);
  const brands: string[] = [];
  for (let at = 8; at + 4 <= size; at += at === 8 ? 8 : 4) {
    brands.push(String.fromCharCode(...bytes.subarray(at, at + 4)));
  }
  return brands;
}

/**
 * Whether a name ends like an image's. A message can then be given without reading a hundred thousand
 * objects.
 */
export const hasImageEnding = (name: string): boolean => {
  const ending = /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase();
  return ending !== undefined && IMAGE_ENDINGS.includes(ending);
};
