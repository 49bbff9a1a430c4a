import { forEachBounded } from '#core/bounded.ts';
import type { Domain } from '#core/contracts/domain.ts';
import { dataSetDigest, sha256 } from '#core/digest.ts';
import { IntegrityError } from '#core/errors.ts';
import { imageType, isLitter } from '#core/image-files.ts';
import { domainKey, domainPrefix, imagesPrefix } from '#core/keys.ts';
import { readImageFile } from '#model/data/image.ts';
import { md5Of, s3ChecksumOf } from '../../aws/checksum.ts';
import { type KeyRange, listObjects, rangesOf } from '../../aws/list-objects.ts';
import { findObject, hasContent, overwriteBytes, type Target } from '../../aws/objects.ts';
import type { S3 } from '../../upload/persistence.ts';
import type { Throttle } from '../../upload/throttle.ts';
import type { DomainSettings } from './domain-settings.ts';
import { Fingerprint } from './fingerprint.ts';
import { type IndexedImage, KnownObjects } from './push-index.ts';
import type { DomainImage } from './survey.ts';

/** Enough to use the whole bandwidth with small files, few enough for the memory of one process. */
const PARALLEL_UPLOADS = 16;

type PushedImage = Pick<DomainImage, 'part' | 'id' | 'path' | 'sha256' | 'size'>;

interface PushOptions {
  s3: S3;
  /** The data bucket. */
  bucket: string;
  settings: DomainSettings;
  images: readonly PushedImage[];
  /** Images that the last push knew in the bucket; called only where an image is there. */
  known: () => Promise<KnownObjects>;
  throttle: Throttle;
  onProgress: (done: number, bytes: number) => void;
  signal: AbortSignal;
}

export interface PushedDomain {
  uri: string;
  uploaded: number;
  /** How many images were in the bucket already, with the same content. */
  alreadyThere: number;
  /** Keys of images that are in the bucket and not in the folder. They stay, and are used in training. */
  extra: string[];
  /** False if images and settings are those of the last push, so that there is nothing to promote. */
  committed: boolean;
  /**
   * S3's version id of the new `domain.json`; undefined if none was uploaded or the bucket is not versioned.
   */
  arrival: string | undefined;
  /** What the next push needs, so that it need not look at any image that has not changed. */
  index: { listing: string; digest: string; images: Iterable<IndexedImage> };
}

/**
 * Metadata of `domain.json`: the digest of the images that it committed. Its own bytes often stay the same
 * when images change.
 */
const IMAGES_METADATA = 'graft-images';

/**
 * Uploads a domain's images and then `domain.json`, which commits the data and starts a promotion. It removes
 * nothing. It does not send an image again that is there with the same SHA-256, nor a `domain.json` that has
 * committed exactly these images before.
 */
export async function pushDomain(options: PushOptions): Promise<PushedDomain> {
  const { s3, bucket, images, signal } = options;
  const { domain, bytes } = options.settings;
  const there = await listImages(s3, bucket, domain, signal);
  const uploaded = await uploadImages(options, there);
  const extra: string[] = [];
  for (const [key, { isPushed }] of there) if (!isPushed) extra.push(key);
  const digest = dataSetDigest([
    ...images.map(({ part, id, sha256 }) => ({ id: `${part}/${id}`, sha256 })),
    // They are used in training, so removing one is a change. Only their sizes are known, not their contents.
    ...extra.map((key) => ({ id: key, sha256: `${there.get(key)!.size} bytes` })),
  ]);
  const commit = { s3, bucket, key: domainKey(domain.domain), signal };
  const committed = uploaded > 0 || !(await isCommitted(commit, bytes, digest));
  let arrival: string | undefined;
  if (committed) {
    ({ versionId: arrival } = await overwriteBytes(commit, bytes, {
      contentType: 'application/json',
      metadata: { [IMAGES_METADATA]: digest },
    }));
  }
  const listing = new Fingerprint();
  for (const [key, { size, etag }] of there) listing.add(listingLine(key, size, etag));
  return {
    uri: `s3://${bucket}/${domainPrefix(domain.domain)}`,
    uploaded,
    alreadyThere: images.length - uploaded,
    extra,
    committed,
    arrival,
    index: { listing: listing.toString(), digest, images: indexedImages(images, domain, there) },
  };
}

const keyOf = ({ domain }: Domain, { part, id }: PushedImage) => imagesPrefix(domain, part) + id;

/**
 * Uploads the images that are not in the bucket, and notes in `there` what is then.
 *
 * @returns how many were uploaded
 */
async function uploadImages(options: PushOptions, there: Map<string, ListedImage>): Promise<number> {
  const { s3, bucket, images, throttle, signal } = options;
  const known = there.size > 0 ? await options.known() : new KnownObjects();
  let done = 0;
  let sent = 0;
  let uploaded = 0;
  await forEachBounded(images, PARALLEL_UPLOADS, async (image) => {
    signal.throwIfAborted();
    const key = keyOf(options.settings.domain, image);
    const target = { s3, bucket, key, signal };
    const listed = there.get(key);
    const same = listed?.size === image.size && (await isSame(target, image, listed.etag, known));
    if (same) listed.isPushed = true;
    else {
      const content = await readChecked(image);
      await throttle.take(image.size, signal);
      const { etag } = await overwriteBytes(target, content, { contentType: imageType(content)! });
      there.set(key, { size: image.size, etag, isPushed: true });
      uploaded++;
      sent += image.size;
    }
    options.onProgress(++done, sent);
  });
  return uploaded;
}

function* indexedImages(
  images: readonly PushedImage[],
  domain: Domain,
  there: ReadonlyMap<string, ListedImage>,
): Generator<IndexedImage> {
  for (const image of images) {
    const key = keyOf(domain, image);
    yield { key, sha256: image.sha256, etag: there.get(key)!.etag };
  }
}

/** An object of a listing, as the fingerprint of the listing takes it. */
export const listingLine = (key: string, size: number, etag: string): string => `${key}\0${size}\0${etag}`;

/**
 * @throws IntegrityError when the file has changed since it was checked; `domain.json` is not sent then, so
 *   nothing is promoted
 */
async function readChecked(image: PushedImage): Promise<Uint8Array> {
  const content = await readImageFile(image.path).catch((error: unknown) => error as Error);
  if (!(content instanceof Error) && sha256(content) === image.sha256) return content;
  throw new IntegrityError(`"${image.path}" has changed since it was checked`, {
    ...(content instanceof Error ? { cause: content } : {}),
    hint: 'Push again when nothing writes to the folder any more. Nothing is promoted until then.',
  });
}

/**
 * Whether these settings and images are those of the last push. Without permission to look the answer is no,
 * so that they are sent.
 */
export async function isCommitted(target: Target, bytes: Uint8Array, digest: string): Promise<boolean> {
  const found = await findObject(target);
  return (
    found.state === 'there' &&
    found.checksum === s3ChecksumOf(bytes) &&
    found.metadata[IMAGES_METADATA] === digest
  );
}

/**
 * Whether an object of the right size is this image. The listing's ETag answers without a request: it is what
 * the last push noted, or the MD5 of the content. Elsewhere (another tool, a KMS key) S3 is asked.
 */
async function isSame(
  target: Target,
  image: PushedImage,
  etag: string,
  known: KnownObjects,
): Promise<boolean> {
  if (known.has({ key: target.key, sha256: image.sha256, etag })) return true;
  const md5 = async () => md5Of(await readChecked(image));
  if (/^[0-9a-f]{32}$/.test(etag) && (await md5()) === etag) return true;
  const checksum = Buffer.from(image.sha256, 'hex').toString('base64');
  return hasContent(await findObject(target), checksum, md5);
}

interface ListedImage {
  size: number;
  etag: string;
  /** Whether the folder has it, too. */
  isPushed: boolean;
}

/** Of every file below `train/`, `test/` and `other/` that may take part in training, by key. */
async function listImages(
  s3: S3,
  bucket: string,
  { domain, labels }: Domain,
  signal: AbortSignal,
): Promise<Map<string, ListedImage>> {
  const objects = new Map<string, ListedImage>();
  const isImageKey = imageKeys(domain);
  await listObjects(
    s3,
    { bucket, ranges: imageRanges(domain, labels) },
    (key, size, etag) => {
      if (isImageKey(key)) objects.set(copied(key), { size, etag: copied(etag), isPushed: false });
    },
    signal,
  );
  return objects;
}

/** A text cut out of a page keeps the whole page in memory; of millions of objects that is too much. */
const copied = (text: string): string => Buffer.from(text).toString();

/** All keys of a domain's images, divided between its labels. */
export const imageRanges = (domain: string, labels: readonly string[]): KeyRange[] =>
  (['train', 'test', 'other'] as const).flatMap((part) =>
    rangesOf(imagesPrefix(domain, part), part === 'other' ? [] : labels),
  );

/**
 * Tells keys of images from what operating systems leave behind, and from folders that were made in the
 * console, which have an empty name. Keys come folder by folder, so the folder's own names are looked at
 * once.
 */
export function imageKeys(domain: string): (key: string) => boolean {
  const start = domainPrefix(domain).length;
  let [folder, isFolderGood] = ['', true];
  return (key) => {
    const at = key.lastIndexOf('/');
    if (at !== folder.length || !key.startsWith(folder)) {
      folder = key.slice(0, at);
      isFolderGood = !folder.slice(start).split('/').some(isLitter);
    }
    return isFolderGood && at < key.length - 1 && !isLitter(key.slice(at + 1));
  };
}
