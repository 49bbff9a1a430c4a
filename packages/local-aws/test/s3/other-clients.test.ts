import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pattern, type Storage, startStorage } from './bucket.ts';

const run = promisify(execFile);
const Bucket = 'others';
const present = (command: string, args: string[]) => {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};
const hasCli = present('aws', ['--version']);
const hasBoto = present('python3', ['-c', 'import boto3']);
const NAMES = ['plain.txt', 'with space+plus.txt', 'größe/100% ö.txt', 'a/b/c.txt'];

let storage: Storage;
let folder: string;

beforeAll(async () => {
  storage = await startStorage({ [Bucket]: 'Enabled' });
  folder = mkdtempSync(join(tmpdir(), 'local-aws-clients-'));
});
afterAll(async () => {
  await storage.stop();
  rmSync(folder, { recursive: true, force: true });
});

const environment = () => ({
  ...process.env,
  AWS_ENDPOINT_URL: storage.endpoint,
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_REGION: 'eu-central-1',
  AWS_EC2_METADATA_DISABLED: 'true',
});

const title = (name: string, isThere: boolean) =>
  isThere ? name : `${name} (skipped: it is not installed on this machine)`;

describe.skipIf(!hasCli)(title('the AWS CLI', hasCli), () => {
  const aws = async (...args: string[]) => (await run('aws', args, { env: environment() })).stdout;

  it('copies, lists, syncs and removes', { timeout: 120_000 }, async () => {
    const source = join(folder, 'source');
    for (const name of NAMES) {
      mkdirSync(join(source, name, '..'), { recursive: true });
      writeFileSync(join(source, name), `content of ${name}`);
    }
    // Above the CLI's threshold of 8 MB, so in parts.
    const big = pattern(9_000_000);
    writeFileSync(join(folder, 'big.bin'), big);

    await aws('s3', 'sync', source, `s3://${Bucket}/synced/`);
    await aws('s3', 'cp', join(folder, 'big.bin'), `s3://${Bucket}/big.bin`);
    await aws('s3', 'cp', `s3://${Bucket}/big.bin`, `s3://${Bucket}/copy.bin`);
    await aws('s3', 'cp', `s3://${Bucket}/copy.bin`, join(folder, 'back.bin'));
    await aws('s3', 'sync', `s3://${Bucket}/synced/`, join(folder, 'target'));
    const listed = await aws('s3', 'ls', '--recursive', `s3://${Bucket}/synced/`);

    expect(readFileSync(join(folder, 'back.bin')).equals(big)).toBe(true);
    for (const name of NAMES) {
      expect(readFileSync(join(folder, 'target', name), 'utf8')).toBe(`content of ${name}`);
      expect(listed).toContain(`synced/${name}`);
    }
    expect((await aws('s3', 'sync', source, `s3://${Bucket}/synced/`)).trim()).toBe('');
    await aws('s3', 'rm', '--recursive', `s3://${Bucket}/synced/`);
    expect(await aws('s3', 'ls', `s3://${Bucket}/`)).not.toContain('synced');
    const head = await storage.s3.send(new HeadObjectCommand({ Bucket, Key: 'big.bin' }));
    expect(head.ETag).toMatch(/-2"$/);
  });
});

describe.skipIf(!hasBoto)(title('boto3', hasBoto), () => {
  it('puts, gets, lists, pages and meets our errors', { timeout: 120_000 }, async () => {
    await storage.s3.send(new PutObjectCommand({ Bucket, Key: 'py/from node ö.txt', Body: 'node' }));
    const script = `
import boto3, io, json
from botocore.exceptions import ClientError
s3 = boto3.client('s3')
s3.put_object(Bucket='${Bucket}', Key='py/from py+%.txt', Body=b'python', Metadata={'a': 'b'}, ChecksumAlgorithm='SHA256')
s3.upload_fileobj(io.BytesIO(b'x' * 9_000_000), '${Bucket}', 'py/big')
out = {}
out['keys'] = [o['Key'] for p in s3.get_paginator('list_objects_v2').paginate(Bucket='${Bucket}', Prefix='py/', PaginationConfig={'PageSize': 1}) for o in p['Contents']]
out['text'] = s3.get_object(Bucket='${Bucket}', Key='py/from node ö.txt', ChecksumMode='ENABLED')['Body'].read().decode()
out['big'] = len(s3.get_object(Bucket='${Bucket}', Key='py/big', ChecksumMode='ENABLED')['Body'].read())
def code(call):
    try:
        call()
    except ClientError as error:
        return [error.response['Error']['Code'], error.response['ResponseMetadata']['HTTPStatusCode']]
out['missing'] = code(lambda: s3.get_object(Bucket='${Bucket}', Key='none'))
out['headless'] = code(lambda: s3.head_object(Bucket='${Bucket}', Key='none'))
out['taken'] = code(lambda: s3.put_object(Bucket='${Bucket}', Key='py/big', Body=b'', IfNoneMatch='*'))
out['deleted'] = len(s3.delete_objects(Bucket='${Bucket}', Delete={'Objects': [{'Key': k} for k in out['keys']]})['Deleted'])
print(json.dumps(out))
`;

    const { stdout } = await run('python3', ['-c', script], { env: environment() });

    expect(JSON.parse(stdout)).toEqual({
      keys: ['py/big', 'py/from node ö.txt', 'py/from py+%.txt'],
      text: 'node',
      big: 9_000_000,
      missing: ['NoSuchKey', 404],
      headless: ['404', 404],
      taken: ['PreconditionFailed', 412],
      deleted: 3,
    });
    await expect(
      storage.s3.send(new GetObjectCommand({ Bucket, Key: 'py/from py+%.txt' })),
    ).rejects.toMatchObject({ name: 'NoSuchKey' });
  });
});
