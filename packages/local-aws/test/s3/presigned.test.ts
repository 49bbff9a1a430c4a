import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pattern, type Storage, startStorage } from './bucket.ts';

const run = promisify(execFile);
const Bucket = 'presigned';
const present = (command: string, args: string[]) => {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};
const hasCurl = present('curl', ['--version']);
const hasPython = present('python3', ['--version']);
const title = (name: string, isThere: boolean) =>
  isThere ? name : `${name} (skipped: it is not installed on this machine)`;

let storage: Storage;
let folder: string;
beforeAll(async () => {
  storage = await startStorage({ [Bucket]: 'Off' });
  folder = mkdtempSync(join(tmpdir(), 'local-aws-presigned-'));
});
afterAll(async () => {
  await storage.stop();
  rmSync(folder, { recursive: true, force: true });
});

const compact = (at: number) => new Date(at).toISOString().replace(/[-:]|\.\d+/g, '');

/** A presigned URL as every signer writes it. The local AWS verifies no signature, so it has none. */
function presign(key: string, changes: Record<string, string | undefined> = {}): string {
  const day = compact(Date.now()).slice(0, 8);
  const parameters = {
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `test/${day}/eu-central-1/s3/aws4_request`,
    'X-Amz-Date': compact(Date.now()),
    'X-Amz-Expires': '3600',
    'X-Amz-SignedHeaders': 'host',
    'X-Amz-Signature': '0'.repeat(64),
    ...changes,
  };
  const query = new URLSearchParams(
    Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  return `${storage.endpoint}/${Bucket}/${key}?${query}`;
}

const stored = async (Key: string) => {
  const got = await storage.s3.send(new GetObjectCommand({ Bucket, Key }));
  return { type: got.ContentType, bytes: Buffer.from(await got.Body!.transformToByteArray()) };
};

describe.skipIf(!hasCurl)(title('a presigned URL in curl', hasCurl), () => {
  it('takes a file, and data with the type of a form, and gives it back', async () => {
    const bytes = pattern(2_000_000);
    const path = join(folder, 'file.bin');
    writeFileSync(path, bytes);

    await run('curl', ['--silent', '--fail', '--upload-file', path, presign('file.bin')]);
    await run('curl', ['--silent', '--fail', '-X', 'PUT', '--data', 'a=1&Action=x', presign('form.txt')]);
    const back = await run('curl', ['--silent', '--fail', presign('form.txt')]);

    expect(await stored('file.bin')).toEqual({ type: 'binary/octet-stream', bytes });
    expect(await stored('form.txt')).toEqual({
      type: 'application/x-www-form-urlencoded',
      bytes: Buffer.from('a=1&Action=x'),
    });
    expect(back.stdout).toBe('a=1&Action=x');
  });

  it('refuses an upload of unknown length', async () => {
    const { stdout } = await run('curl', [
      ...['--silent', '--write-out', ' %{http_code}', '-H', 'Transfer-Encoding: chunked'],
      ...['--upload-file', join(folder, 'file.bin'), presign('chunked.bin')],
    ]);

    expect(stdout).toContain('<Code>MissingContentLength</Code>');
    expect(stdout).toMatch(/ 411$/);
  });
});

describe.skipIf(!hasPython)(title("a presigned URL in Python's urllib", hasPython), () => {
  it('takes bytes, which urllib sends with the type of a form', async () => {
    const script = `
import sys, urllib.request
request = urllib.request.Request(sys.argv[1], data=bytes(range(256)) * 1000, method='PUT')
print(urllib.request.urlopen(request).status)
print(len(urllib.request.urlopen(sys.argv[2]).read()))
`;

    const { stdout } = await run('python3', ['-c', script, presign('urllib.bin'), presign('urllib.bin')]);

    expect(stdout).toBe('200\n256000\n');
    expect(await stored('urllib.bin')).toEqual({
      type: 'application/x-www-form-urlencoded',
      bytes: Buffer.alloc(256_000, Buffer.from(Array.from({ length: 256 }, (_, index) => index))),
    });
  });
});

describe('a presigned URL', () => {
  const answer = async (url: string) => {
    const response = await fetch(url);
    const text = await response.text();
    return [
      response.status,
      /<Code>(\w+)<\/Code>/.exec(text)?.[1],
      /<Message>(.*)<\/Message>/.exec(text)?.[1],
    ];
  };

  it.each([
    ['the longest validity there is', { 'X-Amz-Expires': '604800' }, [404, 'NoSuchKey']],
    ['a validity of more than seven days', { 'X-Amz-Expires': '604801' }, /less than a week/],
    ['a validity that is no number', { 'X-Amz-Expires': 'soon' }, /should be a number/],
    ['a negative validity', { 'X-Amz-Expires': '-1' }, /must be non-negative/],
    ['no validity', { 'X-Amz-Expires': undefined }, /requires the X-Amz-Algorithm/],
    ['a date in another form', { 'X-Amz-Date': '2026-01-01' }, /ISO8601 Long Format/],
    [
      'a validity that is over',
      { 'X-Amz-Date': compact(Date.now() - 120_000), 'X-Amz-Expires': '60' },
      [403, 'AccessDenied', 'Request has expired'],
    ],
    [
      'a date in the future',
      { 'X-Amz-Date': compact(Date.now() + 3_600_000) },
      [403, 'AccessDenied', 'Request is not valid yet'],
    ],
  ] as const)('of signature version 4 with %s', async (_what, changes, expected) => {
    const [status, code, message] = await answer(presign('none', changes));

    if (expected instanceof RegExp) {
      expect([status, code]).toEqual([400, 'AuthorizationQueryParametersError']);
      expect(message).toMatch(expected);
    } else expect([status, code, message].slice(0, expected.length)).toEqual(expected);
  });

  it('of signature version 2 is taken until it expires', async () => {
    const url = (expires: string) =>
      `${storage.endpoint}/${Bucket}/none?AWSAccessKeyId=test&Signature=x&Expires=${expires}`;
    const now = Math.floor(Date.now() / 1000);

    expect(await answer(url(String(now + 60)))).toEqual([404, 'NoSuchKey', expect.anything()]);
    expect(await answer(url(String(now - 1)))).toEqual([403, 'AccessDenied', 'Request has expired']);
    expect(await answer(url('soon'))).toEqual([403, 'AccessDenied', expect.stringContaining('Invalid date')]);
  });
});
