import { GetObjectCommand } from '@aws-sdk/client-s3';
import { IMAGE_NAMES, imageType } from '#core/image-files.ts';
import type { Thumbnail } from '#core/report/sections/picture.ts';
import { type Bucket, isNoSuchObject } from '../aws/bucket.ts';

/** In bytes. Images are embedded unchanged, since a Lambda has no decoder to make them smaller. */
export const IMAGE_LIMIT = 512 * 1024;
/**
 * In bytes, for all images of one page together, before base64 adds a third. A page of a few megabytes opens
 * quickly.
 */
export const PAGE_LIMIT = 4 * 1024 * 1024;

/**
 * Images as `data:` URIs. For an image that is missing, too large or of another type, the reason why it is
 * not shown.
 *
 * @param prefix folder of the images, with a slash at its end
 * @param ids names of the images below it; the keys of the result
 */
export async function readThumbnails(
  data: Bucket,
  prefix: string,
  ids: readonly string[],
): Promise<Map<string, Thumbnail>> {
  const thumbnails = new Map<string, Thumbnail>();
  let left = PAGE_LIMIT;
  for (const id of ids) {
    const bytes = await readUpTo(data, prefix + id, Math.min(IMAGE_LIMIT, left));
    if (typeof bytes === 'string') {
      thumbnails.set(id, { missing: bytes });
      continue;
    }
    // The first bytes decide: only images go into a page.
    const type = imageType(bytes);
    if (type === undefined) {
      thumbnails.set(id, { missing: `no ${IMAGE_NAMES}` });
      continue;
    }
    left -= bytes.length;
    thumbnails.set(id, { dataUri: `data:${type};base64,${Buffer.from(bytes).toString('base64')}` });
  }
  return thumbnails;
}

/** The bytes, or the reason why there are none. */
async function readUpTo({ s3, name }: Bucket, key: string, limit: number): Promise<Uint8Array | string> {
  try {
    const { Body, ContentLength } = await s3.send(new GetObjectCommand({ Bucket: name, Key: key }));
    if (ContentLength === undefined || ContentLength > limit) {
      (Body as unknown as { destroy?(): void } | undefined)?.destroy?.();
      return `too large to show (${((ContentLength ?? 0) / 1024).toFixed(0)} KB)`;
    }
    return await Body!.transformToByteArray();
  } catch (error) {
    if (isNoSuchObject(error)) return 'no longer there';
    throw error;
  }
}
