import { GetObjectCommand } from '@aws-sdk/client-s3';
import { imageType } from '#core/image-files.ts';
import type { Thumbnail } from '#core/report/sections/mistakes.ts';
import { type Bucket, isNoSuchObject } from '../aws/bucket.ts';

/** Images are embedded as they are, since a Lambda has no decoder to make them smaller. */
export const IMAGE_LIMIT = 512 * 1024;
/** Of all images of one page together, before base64 adds a third: a page of some megabytes still opens at once. */
export const PAGE_LIMIT = 4 * 1024 * 1024;

/**
 * Images as `data:` URIs; for one that is gone, too large or no picture the reason why it is not shown.
 *
 * @param prefix folder of the images, with a slash at its end
 * @param ids below it; the answer is by them
 */
export async function readThumbnails(
  data: Bucket,
  prefix: string,
  ids: readonly string[],
): Promise<Map<string, Thumbnail>> {
  const thumbnails = new Map<string, Thumbnail>();
  let left = PAGE_LIMIT;
  for (const id of ids) {
    const bytes = await readSmall(data, prefix + id, Math.min(IMAGE_LIMIT, left));
    if (typeof bytes === 'string') {
      thumbnails.set(id, { missing: bytes });
      continue;
    }
    // By what it begins with: nothing but a picture is put into a page.
    const type = imageType(bytes);
    if (type === undefined) {
      thumbnails.set(id, { missing: 'neither PNG, JPEG nor WebP' });
      continue;
    }
    left -= bytes.length;
    thumbnails.set(id, { dataUri: `data:${type};base64,${Buffer.from(bytes).toString('base64')}` });
  }
  return thumbnails;
}

/** The bytes, or why there are none. */
async function readSmall({ s3, name }: Bucket, key: string, limit: number): Promise<Uint8Array | string> {
  try {
    const { Body, ContentLength } = await s3.send(new GetObjectCommand({ Bucket: name, Key: key }));
    if (ContentLength === undefined || ContentLength > limit) {
      (Body as unknown as { destroy?(): void } | undefined)?.destroy?.();
      return `too large to show (${((ContentLength ?? 0) / 1024).toFixed(0)} KB)`;
    }
    return await Body!.transformToByteArray();
  } catch (error) {
    if (isNoSuchObject(error)) return 'no longer in the data bucket';
    throw error;
  }
}
