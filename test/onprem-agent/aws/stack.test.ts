import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import type { LocalAws } from 'local-aws';
import { createCloudFormation, createS3 } from 'local-aws/services';
import { startLocal } from 'local-aws/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { generateSigningKeys, keyIdOf, verifyBytes } from '../../../core/signature.ts';
import { apiUrl } from '../../../onprem-agent/commands/predict/predict-remotely.ts';
import { writeNewKey } from '../../../onprem-agent/model-folder/signing-key.ts';
import { makeImageFolder } from '../../fixtures/images.ts';
import { graft } from '../cli.ts';
import { makeModelFolder } from '../model-fixture.ts';

const labels = ['apple', 'pear'];
const gateOptions = [
  ...['--minimum-accuracy', '0.5', '--minimum-uplift', '0.1'],
  ...['--minimum-recall', '0.2', '--minimum-test-images', '2'],
];

let local: LocalAws;
let publicKey: string;
let stolen: string;
let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'graft-stack-'));
  publicKey = await writeNewKey(join(root, 'key.pem'));
  stolen = await writeNewKey(join(root, 'stolen.pem'));
  local = await startLocal({
    services: [createS3, createCloudFormation],
    template: {
      Resources: { Models: { Type: 'AWS::S3::Bucket', Properties: {} } },
      Outputs: {
        ModelsBucket: { Value: { Ref: 'Models' } },
        StateMachineArn: { Value: 'arn:aws:states:eu-central-1:000000000000:stateMachine:promote-model' },
        SigningPublicKeys: { Value: `Ed25519:${publicKey},${generateSigningKeys().publicKey}` },
        RevokedSigningKeys: { Value: `Ed25519:${stolen} 2026-11-28 gpu-3` },
        ApiUrl: { Value: 'https://abc123.execute-api.eu-central-1.amazonaws.com/dev' },
      },
    },
  });
  await makeModelFolder(join(root, 'model'));
  await makeImageFolder(join(root, 'train'), { labels, perLabel: 2 });
  await makeImageFolder(join(root, 'test'), { labels, perLabel: 3, seed: 2 });
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ENDPOINT_URL', local.endpoint);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await local.stop();
  await rm(root, { recursive: true, force: true });
});

const push = (stack: string) =>
  graft(['push', join(root, 'model'), '--key', join(root, 'key.pem'), '--stack', stack, '--json']);

describe('the stack', () => {
  it('names the bucket that a model goes to', async () => {
    const run = await push('test');

    expect(run).toMatchObject({ code: 0, last: { bucket: local.outputs.ModelsBucket } });
    const manifest = await local.client(S3Client).send(
      new GetObjectCommand({
        Bucket: local.outputs.ModelsBucket,
        Key: `general/icons/${run.last.version}/manifest.json`,
      }),
    );
    const bytes = await readFile(join(root, 'model', 'manifest.json'), 'utf8');
    expect(await manifest.Body!.transformToString()).toBe(bytes);
  });

  it('refuses a key that it does not trust before anything is sent, and tells how to go on', async () => {
    const folder = join(root, 'model-other');
    const { version } = await makeModelFolder(folder, { createdAt: new Date('2026-11-23T16:00:00Z') });
    const other = await writeNewKey(join(root, 'other.pem'));

    const run = await graft([
      ...['push', folder, '--key', join(root, 'other.pem'), '--stack', 'test', '--json'],
    ]);

    expect(run).toMatchObject({ code: 1, last: { name: 'IntegrityViolation' } });
    expect(run.last.message).toContain(
      `The signing key ${keyIdOf(other)} (${other}) is not trusted by stack "test", which trusts only ${keyIdOf(publicKey)} (${publicKey})`,
    );
    expect(run.last.hint).toMatch(/--key.*signingPublicKeys/);
    const { Contents } = await local.client(S3Client).send(
      new ListObjectsV2Command({
        Bucket: local.outputs.ModelsBucket,
        Prefix: `general/icons/${version}/`,
      }),
    );
    expect(Contents).toBeUndefined();
  });

  it('refuses a revoked key by its id and name before anything is sent', async () => {
    const run = await graft([
      ...['push', join(root, 'model'), '--key', join(root, 'stolen.pem'), '--stack', 'test', '--json'],
    ]);

    expect(run).toMatchObject({ code: 1, last: { name: 'IntegrityViolation' } });
    expect(run.last.message).toContain(
      `signed with key ${keyIdOf(stolen)} ("gpu-3"), which was revoked on 2026-11-28: stack "test" would refuse`,
    );
  });

  it('has a signature that it does not trust replaced, so that the version is promoted once more', async () => {
    const folder = join(root, 'model-signed-again');
    const { version } = await makeModelFolder(folder, { createdAt: new Date('2026-11-23T17:00:00Z') });
    const bucket = local.outputs.ModelsBucket!;
    const words = (key: string) => ['push', folder, '--key', join(root, key), '--json'];
    const first = await graft([...words('stolen.pem'), '--bucket', bucket]);
    expect(first).toMatchObject({ code: 0, last: { committed: true } });
    // Without the stack the command cannot tell which of the two keys is the right one.
    const unsure = await graft([...words('key.pem'), '--bucket', bucket]);
    expect(unsure.last).toMatchObject({ committed: false, signedAgain: false });
    expect(unsure.events).toContainEqual(
      expect.objectContaining({ message: expect.stringMatching(/signature of another key/) }),
    );

    const again = await graft([...words('key.pem'), '--stack', 'test']);
    const once = await graft([...words('key.pem'), '--stack', 'test']);

    expect(again).toMatchObject({ code: 0, last: { committed: true, signedAgain: true } });
    expect(once).toMatchObject({ code: 0, last: { committed: false, signedAgain: false } });
    const Key = `general/icons/${version}/manifest.sig`;
    const { Body } = await local.client(S3Client).send(new GetObjectCommand({ Bucket: bucket, Key }));
    verifyBytes(await readFile(join(folder, 'manifest.json')), await Body!.transformToString(), [publicKey]);
  });

  it('says what is known about what happens next', async () => {
    const words = ['push', join(root, 'model'), '--key', join(root, 'key.pem')];
    const folder = join(root, 'model-next');
    await makeModelFolder(folder, { createdAt: new Date('2026-11-23T18:00:00Z') });
    const known = await graft(['push', folder, '--key', join(root, 'key.pem'), '--stack', 'test']);
    expect(known.stderr).toMatch(/S3 tells stack "test", which promotes icons 20261123T18.* in every domain/);

    await local.client(S3Client).send(new CreateBucketCommand({ Bucket: 'somewhere' }));
    const bucket = await graft([...words, '--bucket', 'somewhere']);
    expect(bucket.stderr).toMatch(/Bucket "somewhere" was not checked.*--stack/);

    const both = await graft([...words, '--bucket', 'somewhere', '--stack', 'test']);
    expect(both.code).toBe(2);
    expect(both.stderr).toMatch(/"somewhere" is not the models bucket of stack "test"/);
  });

  it('that is not there is named, with the ways out', async () => {
    const run = await push('nowhere');

    expect(run.code).toBe(1);
    expect(run.last.message).toMatch(/no CloudFormation stack "nowhere"/);
    expect(run.last.hint).toMatch(/--stack.*--bucket/);
  });

  it('without the output is named', async () => {
    const run = await graft(['data', 'push', root, '--domain', 'produce', '--stack', 'test', ...gateOptions]);

    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(/Stack "test" has no output DataBucket[\s\S]*--bucket/);
  });

  it('names the API, which the local AWS has behind its own port', async () => {
    expect(await apiUrl({ stack: 'test' })).toBe(`${local.endpoint}/_aws/execute-api/abc123/dev`);
  });
});
