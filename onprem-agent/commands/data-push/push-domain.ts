import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { forEachBounded } from '#core/bounded.ts';
import { dataSetDigest, sha256 } from '#core/digest.ts';
import { IntegrityError } from '#core/errors.ts';
import { imageType, isLitter } from '#core/image-files.ts';
import { domainKey, domainPrefix, imagesPrefix } from '#core/keys.ts';
import { readImageFile } from '#model/data/image.ts';
import { md5Of, s3ChecksumOf } from '../../aws/checksum.ts';
import { explained } from '../../aws/explain.ts';
import { findObject, hasContent, overwriteBytes, type Target } from '../../aws/objects.ts';
import type { DomainImage } from './domain-images.ts';
import type { DomainSettings } from './domain-settings.ts';

/** Enough to use the whole bandwidth with small files, few enough for the memory of one process. */
const PARALLEL_UPLOADS = 8;

interface PushOptions {
  s3: S3Client;
  /** The data bucket. */
  bucket: string;
  settings: DomainSettings;
  images: readonly DomainImage[];
  signal: AbortSignal;
  onProgress: (done: number, bytes: number) => void;
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
  const there = await listImages(s3, bucket, domain.domain, signal);
  let done = 0;
  let sent = 0;
  let uploaded = 0;
  await forEachBounded(images, PARALLEL_UPLOADS, async (image) => {
    signal.throwIfAborted();
    const key = imagesPrefix(domain.domain, image.part) + image.id;
    const target = { s3, bucket, key, signal };
    const same = there.get(key) === image.size && (await isSame(target, image));
    if (!same) {
      const content = await readChecked(image);
      await overwriteBytes(target, content, { contentType: imageType(content)! });
      uploaded++;
      sent += image.size;
    }
    options.onProgress(++done, sent);
  });
  const keys = new Set(images.map((image) => imagesPrefix(domain.domain, image.part) + image.id));
  const extra = [...there.keys()].filter((key) => !keys.has(key));
  const digest = dataSetDigest([
    ...images.map(({ part, id, sha256 }) => ({ id: `${part}/${id}`, sha256 })),
    // They are used in training, so removing one is a change. Only their sizes are known, not their contents.
    ...extra.map((key) => ({ id: key, sha256: `${there.get(key)} bytes` })),
  ]);
  const commit = { s3, bucket, key: domainKey(domain.domain), signal };
  const committed = uploaded > 0 || !(await isCommitted(commit, bytes, digest));
  let arrival: string | undefined;
  if (committed) {
    arrival = await overwriteBytes(commit, bytes, {
      contentType: 'application/json',
      metadata: { [IMAGES_METADATA]: digest },
    });
  }
  return {
    uri: `s3://${bucket}/${domainPrefix(domain.domain)}`,
    uploaded,
    alreadyThere: images.length - uploaded,
    extra,
    committed,
    arrival,
  };
}

/**
 * @throws IntegrityError when the file has changed since it was checked; `domain.json` is not sent then, so
 *   nothing is promoted
 */
async function readChecked(image: DomainImage): Promise<Uint8Array> {
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
async function isCommitted(target: Target, bytes: Uint8Array, digest: string): Promise<boolean> {
  const found = await findObject(target);
  return (
    found.state === 'there' &&
    found.checksum === s3ChecksumOf(bytes) &&
    found.metadata[IMAGES_METADATA] === digest
  );
}

async function isSame(target: Target, image: DomainImage): Promise<boolean> {
  const found = await findObject(target);
  const checksum = Buffer.from(image.sha256, 'hex').toString('base64');
  return hasContent(found, checksum, async () => md5Of(await readChecked(image)));
}

/** Sizes by key, of every file below `train/`, `test/` and `other/` that may take part in training. */
async function listImages(
  s3: S3Client,
  bucket: string,
  domain: string,
  signal: AbortSignal,
): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for (const part of ['train', 'test', 'other'] as const) {
    let token: string | undefined;
    do {
      const page = await explained(`list s3://${bucket}/${imagesPrefix(domain, part)}`, () =>
        s3.send(
          new ListObjectsV2Command({
            Bucket: bucket,
            Prefix: imagesPrefix(domain, part),
            ...(token === undefined ? {} : { ContinuationToken: token }),
          }),
          { abortSignal: signal },
        ),
      );
      for (const { Key, Size } of page.Contents ?? []) {
        const names = Key!.slice(imagesPrefix(domain, part).length).split('/');
        // A folder that was made in the console ends with an empty name.
        if (names.at(-1) !== '' && !names.some(isLitter)) sizes.set(Key!, Size ?? 0);
      }
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }
  return sizes;
}
