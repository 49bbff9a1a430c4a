import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import sharp from 'sharp';
import { openPromise } from 'yauzl';

/** What an endpoint gets from a phone that scales its photographs down. */
const SIZE = { width: 400, height: 534 };
const PHOTOGRAPH = /^clothing\/test\/.*\.jpg$/i;

/** The first of the test photographs of `clothing.zip`, as a JPEG of 400 × 534. */
export async function photograph(data: string): Promise<Buffer> {
  const zip = await openPromise(join(data, 'clothing.zip'), { autoClose: false });
  try {
    for await (const entry of zip.eachEntry()) {
      if (!PHOTOGRAPH.test(entry.fileName)) continue;
      const bytes = await buffer(await zip.openReadStreamPromise(entry));
      return await sharp(bytes)
        .autoOrient()
        .resize({ ...SIZE, fit: 'cover' })
        .jpeg({ quality: 85 })
        .toBuffer();
    }
  } finally {
    zip.close();
  }
  throw new Error(`clothing.zip in ${data} has no test photographs`);
}
