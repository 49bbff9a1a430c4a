import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createCloudFormation } from '../../local/services/cloudformation/index.ts';
import { createS3 } from '../../local/services/s3/index.ts';
import { apiUrl } from '../../onprem-agent/predict-remotely.ts';
import { writeNewKey } from '../../onprem-agent/signing-key.ts';
import { makeImageFolder } from '../fixtures/images.ts';
import { type Harness, startLocal } from '../local/harness.ts';
import { graft } from './cli.ts';
import { makeModelFolder } from './model-fixture.ts';

const labels = ['apple', 'pear'];
const gate = [
  ...['--minimum-accuracy', '0.5', '--minimum-uplift', '0.1'],
  ...['--minimum-recall', '0.2', '--minimum-test-images', '2'],
];

let local: Harness;
let root: string;

beforeAll(async () => {
  local = await startLocal({
    services: [createS3, createCloudFormation],
    template: {
      Resources: { Models: { Type: 'AWS::S3::Bucket', Properties: {} } },
      Outputs: {
        ModelsBucket: { Value: { Ref: 'Models' } },
        ApiUrl: { Value: 'https://abc123.execute-api.eu-central-1.amazonaws.com/dev' },
      },
    },
  });
  root = await mkdtemp(join(tmpdir(), 'graft-stack-'));
  await makeModelFolder(join(root, 'model'));
  await makeImageFolder(join(root, 'train'), { labels, perLabel: 2 });
  await makeImageFolder(join(root, 'test'), { labels, perLabel: 3, seed: 2 });
  await writeNewKey(join(root, 'key.pem'), false);
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

  it('that is not there is named, with the ways out', async () => {
    const run = await push('nowhere');

    expect(run.code).toBe(1);
    expect(run.last.message).toMatch(/no CloudFormation stack "nowhere"/);
    expect(run.last.hint).toMatch(/--stack.*--bucket/);
  });

  it('without the output is named', async () => {
    const run = await graft(['data', 'push', root, '--domain', 'produce', '--stack', 'test', ...gate]);

    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(/Stack "test" has no output DataBucket[\s\S]*--bucket/);
  });

  it('names the API, which the local AWS has behind its own port', async () => {
    expect(await apiUrl({ stack: 'test' })).toBe(`${local.endpoint}/_aws/execute-api/abc123/dev`);
  });
});
