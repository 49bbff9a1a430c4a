import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { GetObjectCommand, HeadBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pathOfHost } from '../../src/services/s3/virtual-host.ts';
import { type Storage, startStorage } from './bucket.ts';

let storage: Storage;
beforeAll(async () => {
  storage = await startStorage({ photos: 'Off' });
});
afterAll(() => storage.stop());

async function ask(method: string, host: string, path: string, body = ''): Promise<[number, string]> {
  const sent = request(`${storage.endpoint}${path}`, {
    method,
    headers: { host, 'content-length': Buffer.byteLength(body) },
  }).end(body);
  const [response] = await once(sent, 'response');
  return [response.statusCode, await text(response)];
}

describe('a bucket in front of the host', () => {
  it.each([
    ['photos.localhost:4566', 'photos'],
    ['Photos.LocalHost', 'photos'],
    ['photos.s3.localhost:4566', 'photos'],
    ['photos.s3.eu-central-1.localhost:4566', 'photos'],
    ['my.photos.localhost', 'my.photos'],
    ['photos.s3.eu-central-1.amazonaws.com', 'photos'],
    ['photos.s3.amazonaws.com', 'photos'],
    ['photos.s3.dualstack.eu-central-1.amazonaws.com', 'photos'],
    ['s3.eu-central-1.amazonaws.com', undefined],
    ['s3.localhost:4566', undefined],
    ['s3.eu-central-1.localhost:4566', undefined],
    ['localhost:4566', undefined],
    ['127.0.0.1:4566', undefined],
    ['[::1]:4566', undefined],
  ])('of %s is %s', (host, bucket) => {
    expect(pathOfHost(host)).toBe(bucket && `/${bucket}`);
  });

  it('has its objects at the root, whatever their keys look like', async () => {
    const host = 'photos.localhost:4566';
    expect(await ask('PUT', host, '/restapis/photo', 'bytes')).toEqual([200, '']);
    expect(await ask('GET', host, '/restapis/photo')).toEqual([200, 'bytes']);
    expect((await ask('GET', host, '/?list-type=2&prefix=rest'))[1]).toContain('<Key>restapis/photo</Key>');
    expect((await ask('GET', 'localhost:4566', '/photos/restapis/photo'))[1]).toBe('bytes');
    expect((await ask('GET', 'nowhere.localhost', '/photo'))[1]).toContain('<Code>NoSuchBucket</Code>');
  });

  it('is where an SDK client looks by default', async () => {
    const { port } = new URL(storage.endpoint);
    const httpAgent = new Agent({
      // Not every resolver knows the names below localhost.
      lookup: (_name, _options, found) => found(null, [{ address: '127.0.0.1', family: 4 }]),
    });
    const s3 = new S3Client({
      endpoint: `http://localhost:${port}`,
      region: 'eu-central-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      requestHandler: { httpAgent },
    });

    await s3.send(new PutObjectCommand({ Bucket: 'photos', Key: 'a/b c', Body: 'hello' }));
    const got = await s3.send(new GetObjectCommand({ Bucket: 'photos', Key: 'a/b c' }));

    expect(await got.Body!.transformToString()).toBe('hello');
    expect((await s3.send(new HeadBucketCommand({ Bucket: 'photos' }))).BucketRegion).toBe('eu-central-1');
    s3.destroy();
  });
});

describe('an upload that asks before it sends', () => {
  it.each([
    ['a length above 5 GB', '/photos/huge', String(5 * 1024 ** 3 + 1), 'EntityTooLarge'],
    ['a bucket that is not there', '/nowhere/key', '10', 'NoSuchBucket'],
  ])('is refused at once for %s', async (_what, path, length, code) => {
    const sent = request(`${storage.endpoint}${path}`, {
      method: 'PUT',
      headers: { expect: '100-continue', 'content-length': length },
    });
    let asked = false;
    sent.on('continue', () => {
      asked = true;
    });
    sent.on('error', () => {});
    sent.flushHeaders();

    const [response] = await once(sent, 'response');

    expect(await text(response)).toContain(`<Code>${code}</Code>`);
    expect(asked).toBe(false);
    expect(response.headers.connection).toBe('close');
    sent.destroy();
  });

  it('is refused at once for its length also where it does not ask', async () => {
    const sent = request(`${storage.endpoint}/photos/huge`, {
      method: 'PUT',
      headers: { 'content-length': String(5 * 1024 ** 3 + 1) },
    });
    sent.on('error', () => {});
    sent.write('the first bytes');

    const [response] = await once(sent, 'response');

    expect(await text(response)).toContain('<ProposedSize>5368709121</ProposedSize>');
    sent.destroy();
  });
});
