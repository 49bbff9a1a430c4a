import { readFile } from 'node:fs/promises';
import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { forEachBounded } from '#core/bounded.ts';
import { domainKey, domainPrefix, imagesPrefix } from '#core/keys.ts';
import { explained } from './aws/explain.ts';
import { overwriteBytes, standingOf } from './aws/objects.ts';
import { contentType } from './content-type.ts';
import type { DomainImage } from './domain-images.ts';
import type { DomainSettings } from './domain-settings.ts';

/** Enough to fill a line with small files, few enough for one process's memory. */
const PARALLEL_UPLOADS = 8;

export interface PushedDomain {
  uri: string;
  uploaded: number;
  /** Images that were there with the same content. */
  alreadyThere: number;
  /** Keys of images in the bucket that are not in the folder. They stay, and take part in training. */
  extra: string[];
}

/**
 * Uploads a domain's images, then `domain.json`, whose arrival commits the data and starts a promotion. Nothing is removed; an
 * image that is there with the same SHA-256 is not sent again.
 */
export async function pushDomain(
  s3: S3Client,
  bucket: string,
  { domain, bytes }: DomainSettings,
  images: readonly DomainImage[],
  options: { signal: AbortSignal; onProgress: (done: number, bytes: number) => void },
): Promise<PushedDomain> {
  const { signal } = options;
  const there = await listImages(s3, bucket, domain.domain, signal);
  let done = 0;
  let sent = 0;
  let uploaded = 0;
  await forEachBounded(images, PARALLEL_UPLOADS, async (image) => {
    signal.throwIfAborted();
    const key = imagesPrefix(domain.domain, image.split) + image.id;
    const target = { s3, bucket, key, signal };
    const same = there.get(key) === image.size && (await isSame(target, image));
    if (!same) {
      const content = await readFile(image.path);
      await overwriteBytes(target, content, { contentType: contentType(content) });
      uploaded++;
      sent += image.size;
    }
    options.onProgress(++done, sent);
  });
  await overwriteBytes({ s3, bucket, key: domainKey(domain.domain), signal }, bytes, {
    contentType: 'application/json',
  });
  const keys = new Set(images.map((image) => imagesPrefix(domain.domain, image.split) + image.id));
  return {
    uri: `s3://${bucket}/${domainPrefix(domain.domain)}`,
    uploaded,
    alreadyThere: images.length - uploaded,
    extra: [...there.keys()].filter((key) => !keys.has(key)),
  };
}

async function isSame(target: Parameters<typeof standingOf>[0], image: DomainImage): Promise<boolean> {
  const standing = await standingOf(target);
  const checksum = Buffer.from(image.sha256, 'hex').toString('base64');
  return standing.state === 'there' && standing.checksum === checksum;
}

/** Sizes by key, of everything below `train/` and `test/`. */
async function listImages(
  s3: S3Client,
  bucket: string,
  domain: string,
  abortSignal: AbortSignal,
): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for (const split of ['train', 'test'] as const) {
    let token: string | undefined;
    do {
      const page = await explained(`list s3://${bucket}/${imagesPrefix(domain, split)}`, () =>
        s3.send(
          new ListObjectsV2Command({
            Bucket: bucket,
            Prefix: imagesPrefix(domain, split),
            ...(token === undefined ? {} : { ContinuationToken: token }),
          }),
          { abortSignal },
        ),
      );
      for (const { Key, Size } of page.Contents ?? []) sizes.set(Key!, Size ?? 0);
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }
  return sizes;
}
