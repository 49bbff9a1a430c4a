import { CreateBucketCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createIam } from '../../src/services/iam/index.ts';
import { createS3 } from '../../src/services/s3/index.ts';
import { mintRoleCredentials } from '../../src/services/sts/credentials.ts';
import { createSts } from '../../src/services/sts/index.ts';
import { type LocalAws, startLocal } from '../../src/testing/harness.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';

const Bucket = 'photos';
const clock = new ManualClock(Date.now());
const template = {
  Resources: {
    Uploader: {
      Type: 'AWS::IAM::Role',
      Properties: {
        AssumeRolePolicyDocument: {
          Statement: [
            { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' },
          ],
        },
        Policies: [
          {
            PolicyName: 'inline',
            PolicyDocument: {
              Statement: [
                { Effect: 'Allow', Action: 's3:PutObject', Resource: `arn:aws:s3:::${Bucket}/uploads/*` },
              ],
            },
          },
        ],
      },
    },
  },
  Outputs: { Role: { Value: { 'Fn::GetAtt': ['Uploader', 'Arn'] } } },
};

let local: LocalAws;
let uploader: S3Client;
beforeAll(async () => {
  local = await startLocal({ services: [createIam, createSts, createS3], template, clock });
  await local.client(S3Client).send(new CreateBucketCommand({ Bucket }));
  uploader = new S3Client({
    ...{ endpoint: local.endpoint, region: local.region, forcePathStyle: true },
    credentials: mintRoleCredentials(local.world, local.outputs.Role!),
  });
});
afterAll(() => local.stop());

let form: Awaited<ReturnType<typeof presign>>;
beforeEach(async () => {
  form = await presign('uploads/1.png');
});

const presign = (Key: string) =>
  createPresignedPost(uploader, {
    ...{ Bucket, Key, Expires: 60, Fields: { 'Content-Type': 'image/png' } },
    Conditions: [
      ['content-length-range', 2, 10],
      ['starts-with', '$x-amz-meta-shop', 'north-'],
    ],
  });

/** What S3 answers to the form with these changes; an undefined field is left out. */
async function post(changes: Record<string, string | undefined> = {}, file: string | null = 'picture') {
  const body = new FormData();
  for (const [name, value] of Object.entries({ ...form.fields, 'x-amz-meta-shop': 'north-1', ...changes })) {
    if (value !== undefined) body.append(name, value);
  }
  if (file !== null) body.append('file', new File([file], 'a.png'));
  const response = await fetch(form.url, { method: 'POST', body });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text };
}

describe('a form that a browser posts', () => {
  it('becomes an object with what its fields say', async () => {
    const { status, headers, text } = await post();

    expect([status, text]).toEqual([204, '']);
    expect(headers.get('location')).toContain('/photos/');
    const object = await local.client(S3Client).send(new GetObjectCommand({ Bucket, Key: 'uploads/1.png' }));
    expect(await object.Body!.transformToString()).toBe('picture');
    expect(object).toMatchObject({ ContentType: 'image/png', Metadata: { shop: 'north-1' } });
    expect(object.ETag).toBe(headers.get('etag'));
  });

  it.each<[string, Record<string, string | undefined>, string | null, number, RegExp]>([
    ['another key', { key: 'uploads/2.png' }, 'picture', 403, /Condition failed: .*eq.*\$key/],
    ['another type', { 'Content-Type': 'text/html' }, 'picture', 403, /Policy Condition failed/],
    ['another beginning', { 'x-amz-meta-shop': 'south' }, 'picture', 403, /Condition failed: .*starts-with/],
    ['no field that a condition names', { 'Content-Type': undefined }, 'picture', 403, /Condition failed/],
    ['a field that no condition names', { acl: 'private' }, 'picture', 403, /Extra input fields: acl/],
    ['a file that is too large', {}, '12345678901', 400, /EntityTooLarge.*ProposedSize>11</s],
    ['a file that is too small', {}, '1', 400, /EntityTooSmall.*MinSizeAllowed>2</s],
    ['no file', {}, null, 400, /exactly one file/],
    ['no key', { key: undefined }, 'picture', 400, /field named 'key'/],
    ['no policy', { Policy: undefined }, 'picture', 403, /AccessDenied/],
    ['no signature', { 'X-Amz-Signature': undefined }, 'picture', 400, /x-amz-signature/],
    ['another signature', { 'X-Amz-Signature': '00'.repeat(32) }, 'picture', 403, /SignatureDoesNotMatch/],
    ['another policy', { Policy: btoa('{"conditions":[]}') }, 'picture', 403, /SignatureDoesNotMatch/],
  ])('with %s is refused', async (_what, changes, file, expected, reason) => {
    const { status, text } = await post(changes, file);

    expect([status, text]).toEqual([expected, expect.stringMatching(reason)]);
  });

  it('counts for what its signer may do, not for what it says', async () => {
    form = await presign('elsewhere/1.png');
    const { status, text } = await post();

    expect([status, text]).toEqual([403, expect.stringContaining('s3:PutObject')]);
  });

  it('may have fields that S3 ignores, and is answered as it asks', async () => {
    const asked = { 'x-ignore-me': 'x' };
    expect((await post(asked)).status).toBe(204);
  });

  it('is refused once its policy has expired', async () => {
    clock.advance(600_000);
    const { status, text } = await post();

    expect([status, text]).toEqual([403, expect.stringContaining('Policy expired')]);
  });
});
