import { expect, test } from 'vitest';
import { generateSigningKeys } from '#core/signature.ts';
import { stageEnvironment } from '../../scripts/serverless-environment.ts';

test('serverless gets the stage’s region, and no credentials that the AWS SDK would not take', () => {
  const environment = stageEnvironment('prod', {
    region: 'eu-west-1',
    signingPublicKeys: [generateSigningKeys().publicKey],
  });

  expect(environment).toMatchObject({ AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-1' });
  const removed = Object.keys(environment).filter(
    (name) => name.startsWith('AWS_') && environment[name] === undefined,
  );
  expect(removed.sort()).toEqual([
    'AWS_DEFAULT_PROFILE',
    'AWS_PROD_ACCESS_KEY_ID',
    'AWS_PROD_PROFILE',
    'AWS_PROD_SECRET_ACCESS_KEY',
    'AWS_PROD_SESSION_TOKEN',
  ]);
});
