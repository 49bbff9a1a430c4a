import { createHash } from 'node:crypto';
import { request } from 'node:http';
import {
  ChecksumAlgorithm,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { combineCrc } from '../../src/services/s3/checksums/combine-crc.ts';
import { createCrc32, createCrc32c, createCrc64Nvme } from '../../src/services/s3/checksums/crc.ts';
import { pattern, type Storage, startStorage } from './bucket.ts';

let storage: Storage;
const Bucket = 'checksums';

beforeAll(async () => {
  storage = await startStorage({ [Bucket]: 'Off' });
});
afterAll(() => storage.stop());

describe('CRCs', () => {
  // Check values of the "CRC RevEng" catalogue: CRC of the ASCII digits 1 to 9.
  it.each([
    ['CRC32', createCrc32, 'cbf43926'],
    ['CRC32C', createCrc32c, 'e3069283'],
    ['CRC64NVME', createCrc64Nvme, 'ae8b14860a799888'],
  ] as const)('%s has its published check value, whole and combined', (name, create, expected) => {
    const of = (text: string | Buffer) => {
      const crc = create();
      crc.update(Buffer.from(text));
      return crc.digest();
    };
    const long = pattern(100_003);

    expect(of('123456789').toString('hex')).toBe(expected);
    expect(
      combineCrc(name, [
        { crc: of('1234'), length: 4 },
        { crc: of(''), length: 0 },
        { crc: of('56789'), length: 5 },
      ]).toString('hex'),
    ).toBe(expected);
    expect(
      combineCrc(name, [
        { crc: of(long.subarray(0, 77_777)), length: 77_777 },
        { crc: of(long.subarray(77_777)), length: 22_226 },
      ]),
    ).toEqual(of(long));
  });
});

describe('an upload with a checksum', () => {
  it.each(['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const)(
    'by %s is verified and gives it back when asked',
    async (ChecksumAlgorithm) => {
      const Key = `by/${ChecksumAlgorithm}`;
      const Body = pattern(300_001);

      const put = await storage.s3.send(new PutObjectCommand({ Bucket, Key, Body, ChecksumAlgorithm }));
      const got = await storage.s3.send(new GetObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }));
      const plain = await storage.s3.send(new HeadObjectCommand({ Bucket, Key }));

      const member = `Checksum${ChecksumAlgorithm}` as const;
      expect(put[member]).toMatch(/=$/);
      expect(got[member]).toBe(put[member]);
      expect(got.ChecksumType).toBe('FULL_OBJECT');
      expect(plain[member]).toBeUndefined();
      // The client verifies what it reads against that checksum.
      expect(Buffer.from(await got.Body!.transformToByteArray()).equals(Body)).toBe(true);
    },
  );

  it('that is wrong is refused and stores nothing', async () => {
    const put = new PutObjectCommand({
      Bucket,
      Key: 'wrong',
      Body: 'hello',
      ChecksumSHA256: createHash('sha256').update('other').digest('base64'),
    });

    await expect(storage.s3.send(put)).rejects.toMatchObject({
      name: 'BadDigest',
      message: 'The SHA256 you specified did not match the calculated checksum.',
    });
    await expect(storage.s3.send(new HeadObjectCommand({ Bucket, Key: 'wrong' }))).rejects.toMatchObject({
      name: 'NotFound',
    });
  });

  it('by Content-MD5 is verified', async () => {
    const put = (digest: string) =>
      storage.s3.send(new PutObjectCommand({ Bucket, Key: 'md5', Body: 'hello', ContentMD5: digest }));

    await put(createHash('md5').update('hello').digest('base64'));
    await expect(put(createHash('md5').update('other').digest('base64'))).rejects.toMatchObject({
      name: 'BadDigest',
    });
    await expect(put('AAAA')).rejects.toMatchObject({ name: 'InvalidDigest' });
  });

  it('without any gets S3’s own CRC-64', async () => {
    const s3 = new S3Client({
      endpoint: storage.endpoint,
      region: 'eu-central-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
      forcePathStyle: true,
      requestChecksumCalculation: 'WHEN_REQUIRED',
    });
    const put = await s3.send(new PutObjectCommand({ Bucket, Key: 'none', Body: '123456789' }));
    s3.destroy();

    expect(put.ChecksumCRC64NVME).toBe(Buffer.from('ae8b14860a799888', 'hex').toString('base64'));
  });

  it('that this S3 cannot compute is refused by name', async () => {
    const response = await raw('xx', 'hello', { 'x-amz-checksum-xxhash64': 'AAAAAAAAAAA=' });

    expect(response).toMatchObject({ status: 501, body: expect.stringMatching(/NotImplemented.*xxhash64/s) });
    expect(Object.keys(ChecksumAlgorithm)).toContain('XXHASH64');
  });
});

describe('a body in aws-chunked form', () => {
  const signature = 'f'.repeat(64);
  const crc = Buffer.from('cbf43926', 'hex').toString('base64');

  it.each([
    [
      'unsigned with a trailing checksum',
      `5\r\n12345\r\n4\r\n6789\r\n0\r\nx-amz-checksum-crc32:${crc}\r\n\r\n`,
      {
        'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
        'x-amz-trailer': 'x-amz-checksum-crc32',
      },
    ],
    [
      'signed',
      `5;chunk-signature=${signature}\r\n12345\r\n4;chunk-signature=${signature}\r\n6789\r\n0;chunk-signature=${signature}\r\n\r\n`,
      { 'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' },
    ],
    [
      'signed with a signed trailer',
      `9;chunk-signature=${signature}\r\n123456789\r\n0;chunk-signature=${signature}\r\nx-amz-checksum-crc32:${crc}\r\nx-amz-trailer-signature:${signature}\r\n\r\n`,
      {
        'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
        'x-amz-trailer': 'x-amz-checksum-crc32',
      },
    ],
  ])('%s is decoded', async (_what, body, headers) => {
    const response = await raw('chunked', body, {
      'content-encoding': 'aws-chunked,gzip',
      'x-amz-decoded-content-length': '9',
      ...headers,
    });

    expect(response).toMatchObject({ status: 200 });
    const got = await storage.s3.send(
      new GetObjectCommand({ Bucket, Key: 'chunked', ChecksumMode: 'ENABLED' }),
    );
    expect(await got.Body!.transformToString()).toBe('123456789');
    expect(got.ContentEncoding).toBe('gzip');
    if ('x-amz-trailer' in headers) expect(got.ChecksumCRC32).toBe(crc);
  });

  const trailing = {
    'content-encoding': 'aws-chunked',
    'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
    'x-amz-trailer': 'x-amz-checksum-crc32',
    'x-amz-decoded-content-length': '9',
  };

  it.each([
    ['a wrong trailer', `9\r\n123456780\r\n0\r\nx-amz-checksum-crc32:${crc}\r\n\r\n`, 'BadDigest'],
    ['no trailer', '9\r\n123456789\r\n0\r\n\r\n', 'MalformedTrailerError'],
    ['a missing end', '9\r\n123456789\r\n', 'IncompleteBody'],
    ['a chunk that is too short', `9\r\n1234\r\n0\r\nx-amz-checksum-crc32:${crc}\r\n\r\n`, 'IncompleteBody'],
    ['a size that is no number', 'zz\r\n123456789\r\n0\r\n\r\n', 'IncompleteBody'],
    [
      'another length than announced',
      `4\r\n1234\r\n0\r\nx-amz-checksum-crc32:${Buffer.from('9be3e0a3', 'hex').toString('base64')}\r\n\r\n`,
      'IncompleteBody',
    ],
  ])('with %s is refused', async (_what, body, code) => {
    const response = await raw('refused', body, trailing);

    expect(response).toMatchObject({ status: 400, body: expect.stringContaining(`<Code>${code}</Code>`) });
    await expect(storage.s3.send(new HeadObjectCommand({ Bucket, Key: 'refused' }))).rejects.toMatchObject({
      name: 'NotFound',
    });
  });

  it('is decoded wherever the network cuts it', async () => {
    const body = `5\r\n12345\r\n4\r\n6789\r\n0\r\nx-amz-checksum-crc32:${crc}\r\n\r\n`;

    const response = await raw('drop-by-drop', body, trailing, 1);

    expect(response).toMatchObject({ status: 200 });
  });
});

describe('a payload hash in the signature', () => {
  it('that does not fit the body is refused', async () => {
    const hash = createHash('sha256').update('other').digest('hex');
    const response = await raw('hash', 'hello', { 'x-amz-content-sha256': hash });

    expect(response).toMatchObject({
      status: 400,
      body: expect.stringMatching(/<Code>XAmzContentSHA256Mismatch<\/Code>/),
    });
  });
});

/** A PUT without any client in between. */
function raw(
  key: string,
  body: string,
  headers: Record<string, string>,
  pieceSize = body.length,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const put = request(
      `${storage.endpoint}/${Bucket}/${key}`,
      {
        method: 'PUT',
        headers: {
          authorization:
            'AWS4-HMAC-SHA256 Credential=a/20261123/eu-central-1/s3/aws4_request, SignedHeaders=host, Signature=0',
          'content-length': String(Buffer.byteLength(body)),
          ...headers,
        },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode!, body: text }));
      },
    );
    put.on('error', reject);
    put.setNoDelay(true);
    for (let at = 0; at < body.length; at += pieceSize) put.write(body.slice(at, at + pieceSize));
    put.end();
  });
}
