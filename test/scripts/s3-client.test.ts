import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { createS3 } from 'local-aws/services';
import { startLocal } from 'local-aws/testing';
import { afterEach, expect, test, vi } from 'vitest';
import { s3ClientOf } from '../../scripts/s3-client.ts';

afterEach(() => vi.unstubAllEnvs());

test('finds a bucket behind an endpoint that is an address', async () => {
  const local = await startLocal({ services: [createS3] });
  vi.stubEnv('AWS_ENDPOINT_URL', local.endpoint);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  const s3 = s3ClientOf({ region: 'eu-central-1', maxAttempts: 1 });

  await expect(s3.send(new HeadBucketCommand({ Bucket: 'graft-dev-models' }))).rejects.toMatchObject({
    $metadata: { httpStatusCode: 404 },
  });
  s3.destroy();
  await local.stop();
});
