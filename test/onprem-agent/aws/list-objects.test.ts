import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { createS3 } from 'local-aws/services';
import { startLocal } from 'local-aws/testing';
import { expect, it } from 'vitest';
import { listObjects, rangesOf } from '../../../onprem-agent/aws/list-objects.ts';

const names = ['a', 'b b', 'ç+&<"', 'z\u{10ffff}', 'zｚ'];

it('lists every key once, whatever it is divided by, with the sizes and ETags of the SDK', async () => {
  const local = await startLocal({ services: [createS3] });
  try {
    const s3 = local.client(S3Client);
    await s3.send(new CreateBucketCommand({ Bucket: 'listed' }));
    const keys = [...names.flatMap((name) => [`p/${name}/1`, `p/${name}/2`]), 'p/0', 'p/b', 'p/~', 'p/a/'];
    const etags = new Map<string, string>();
    for (const Key of [...keys, 'q/1']) {
      const { ETag } = await s3.send(new PutObjectCommand({ Bucket: 'listed', Key, Body: Key }));
      etags.set(Key, ETag!.replaceAll('"', ''));
    }
    for (const dividedBy of [[], names, ['b', 'nowhere', 'y']]) {
      const found: [string, number, string][] = [];
      await listObjects(
        s3,
        { bucket: 'listed', ranges: rangesOf('p/', dividedBy) },
        (...object) => found.push(object),
        new AbortController().signal,
      );
      const expected = keys.map((key) => [key, Buffer.byteLength(key), etags.get(key)]);
      expect(found.sort()).toEqual(expected.sort());
    }
  } finally {
    await local.stop();
  }
});

it('divides by at most 64 names', () => {
  const ranges = rangesOf(
    'p/',
    Array.from({ length: 10_000 }, (_, index) => `label ${index}`),
  );

  expect(ranges.length).toBeLessThanOrEqual(64);
  expect(ranges[0]).toEqual({ prefix: 'p/', upTo: ranges[1]!.after });
  expect(ranges.at(-1)!.upTo).toBeUndefined();
});
