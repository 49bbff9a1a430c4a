import { copyFile, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import type { LocalAws } from 'local-aws';
import { createS3 } from 'local-aws/services';
import { startLocal } from 'local-aws/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { domainSchema } from '#core/contracts/domain.ts';
import { checkDomainImages } from '../../../../onprem-agent/commands/data-push/domain-images.ts';
import { pushDomain } from '../../../../onprem-agent/commands/data-push/push-domain.ts';
import { KnownObjects } from '../../../../onprem-agent/commands/data-push/push-index.ts';
import { createThrottle } from '../../../../onprem-agent/upload/throttle.ts';
import { makeImageFolder } from '../../../fixtures/images.ts';

const labels = ['apple', 'pear'];
const domain = domainSchema.parse({
  schemaVersion: 1,
  domain: 'produce',
  labels,
  gate: { minimumAccuracy: 0, minimumUplift: -1, minimumRecall: 0, minimumTestImages: 1 },
});
const signal = new AbortController().signal;

let local: LocalAws;
let s3: S3Client;
let folder: string;
let bucket: string;
let count = 0;
beforeAll(async () => {
  local = await startLocal({ services: [createS3] });
  s3 = local.client(S3Client);
});
afterAll(() => local.stop());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'graft-domain-'));
  await makeImageFolder(join(folder, 'train'), { labels, perLabel: 2 });
  await makeImageFolder(join(folder, 'test'), { labels, perLabel: 2, seed: 2 });
  bucket = `data-${++count}`;
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  return () => rm(folder, { recursive: true, force: true });
});

/** Nothing is known of any image. */
const anew = { known: new Map(), onImage() {}, onProgress() {}, onCompare() {} };
const check = () => checkDomainImages(folder, domain, { ...anew, signal });
const push = (images: Awaited<ReturnType<typeof check>>['images']) => {
  const settings = { domain, bytes: Buffer.from(JSON.stringify(domain)), source: 'file' as const };
  const throttle = createThrottle({ limit: () => Number.POSITIVE_INFINITY });
  const known = async () => new KnownObjects();
  return pushDomain({ s3, bucket, settings, images, known, throttle, onProgress: () => {}, signal });
};
const keys = async () => {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket }));
  return Contents.map(({ Key }) => Key!);
};

describe('pushing a domain', () => {
  it.each<[string, (image: string) => Promise<unknown>]>([
    ['overwritten', (image) => copyFile(join(folder, 'test/pear/1-001.png'), image)],
    ['removed', (image) => rm(image)],
    [
      'replaced by an endless device',
      async (image) => {
        await rm(image);
        await symlink('/dev/zero', image);
      },
    ],
  ])('never sends an image that was %s after it had been checked', async (_what, change) => {
    const { images } = await check();
    const image = join(folder, 'train/apple/0-001.png');
    await change(image);

    await expect(push(images)).rejects.toMatchObject({
      name: 'IntegrityViolation',
      message: `"${image}" has changed since it was checked`,
      hint: expect.stringContaining('Push again'),
    });
    expect(await keys()).not.toContain('domains/produce/train/apple/0-001.png');
    expect(await keys()).not.toContain('domains/produce/domain.json');
  });

  it('goes through when it is tried again', async () => {
    const { images } = await check();
    await copyFile(join(folder, 'test/pear/1-001.png'), join(folder, 'train/apple/0-001.png'));
    await expect(push(images)).rejects.toThrow('has changed');
    await rm(join(folder, 'train/apple/0-001.png'));

    expect(await push((await check()).images)).toMatchObject({ committed: true });
    expect(await keys()).toContain('domains/produce/domain.json');
  });
});
