import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blobFiles, SOON, type Storage, startStorage } from './bucket.ts';

let storage: Storage;
const Bucket = 'conditions';

beforeAll(async () => {
  storage = await startStorage({ [Bucket]: 'Enabled' });
});
afterAll(() => storage.stop());

const put = (Key: string, Body: string, conditions: Partial<PutObjectCommandInput> = {}) =>
  storage.s3.send(new PutObjectCommand({ Bucket, Key, Body, ...conditions }));
const content = async (Key: string) => {
  const { Body } = await storage.s3.send(new GetObjectCommand({ Bucket, Key }));
  return Body!.transformToString();
};
const preconditionFailed = { name: 'PreconditionFailed', $metadata: { httpStatusCode: 412 } };

describe('a conditional write', () => {
  it('with If-None-Match creates once', async () => {
    await put('once', 'first', { IfNoneMatch: '*' });

    await expect(put('once', 'second', { IfNoneMatch: '*' })).rejects.toMatchObject(preconditionFailed);
  });

  it('with If-None-Match creates again after a deletion', async () => {
    await put('again', 'first');
    await storage.s3.send(new DeleteObjectCommand({ Bucket, Key: 'again' }));

    await put('again', 'second', { IfNoneMatch: '*' });

    expect(await content('again')).toBe('second');
  });

  it('with If-Match replaces only what it read', async () => {
    const { ETag } = await put('lock', 'one');

    const next = await put('lock', 'two', { IfMatch: ETag });
    await expect(put('lock', 'three', { IfMatch: ETag })).rejects.toMatchObject(preconditionFailed);
    await put('lock', 'four', { IfMatch: next.ETag });

    expect(await content('lock')).toBe('four');
  });

  it('with If-Match on nothing is not found', async () => {
    await expect(put('never', 'x', { IfMatch: '"abc"' })).rejects.toMatchObject({
      name: 'NoSuchKey',
      $metadata: { httpStatusCode: 404 },
    });
  });

  it.each([['If-None-Match'], ['If-Match']])(
    'with %s lets exactly one of many concurrent writers through',
    async (condition) => {
      const Key = `race/${condition}`;
      const before = condition === 'If-Match' ? await put(Key, 'base') : undefined;
      const conditions = before ? { IfMatch: before.ETag } : { IfNoneMatch: '*' };

      const results = await Promise.allSettled(
        Array.from({ length: 20 }, (_, writer) => put(Key, `writer ${writer}`.repeat(1000), conditions)),
      );

      const winners = results.flatMap((result, writer) => (result.status === 'fulfilled' ? [writer] : []));
      expect(winners).toHaveLength(1);
      for (const result of results) {
        if (result.status === 'rejected') expect(result.reason).toMatchObject(preconditionFailed);
      }
      expect(await content(Key)).toBe(`writer ${winners[0]}`.repeat(1000));
    },
  );

  it('with If-Match conflicts with a deletion that came while its body was on the way', async () => {
    const { ETag } = await put('conflict', 'one');
    let finish: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      finish = resolve;
    });
    async function* slowly() {
      yield Buffer.from('tw');
      await held;
      yield Buffer.from('o');
    }
    const files = blobFiles(storage.state).length;
    const writing = put('conflict', '', {
      Body: Readable.from(slowly()),
      ContentLength: 3,
      IfMatch: ETag,
    });
    writing.catch(() => {});
    // With a file for the body, the request has seen the object that it is to replace.
    await expect.poll(() => blobFiles(storage.state).length, SOON).toBe(files + 1);
    await storage.s3.send(new DeleteObjectCommand({ Bucket, Key: 'conflict' }));
    finish();

    await expect(writing).rejects.toMatchObject({
      name: 'ConditionalRequestConflict',
      $metadata: { httpStatusCode: 409 },
    });
  });

  it('with If-None-Match and an ETag is refused, as S3 does not know it for writes', async () => {
    await expect(put('odd', 'x', { IfNoneMatch: '"abc"' })).rejects.toMatchObject({ name: 'NotImplemented' });
  });
});

describe('a conditional read', () => {
  it('answers 304 or 412 as HTTP has it', async () => {
    const { ETag } = await put('read', 'one');
    const status = (conditions: object) =>
      storage.s3.send(new HeadObjectCommand({ Bucket, Key: 'read', ...conditions })).then(
        () => 200,
        (error) => error.$metadata.httpStatusCode,
      );

    expect(await status({ IfMatch: ETag })).toBe(200);
    expect(await status({ IfMatch: '"other"' })).toBe(412);
    expect(await status({ IfNoneMatch: ETag })).toBe(304);
    expect(await status({ IfNoneMatch: '"other"' })).toBe(200);
    expect(await status({ IfModifiedSince: new Date(Date.now() + 10_000) })).toBe(304);
    expect(await status({ IfModifiedSince: new Date(0) })).toBe(200);
    expect(await status({ IfUnmodifiedSince: new Date(0) })).toBe(412);
  });
});
