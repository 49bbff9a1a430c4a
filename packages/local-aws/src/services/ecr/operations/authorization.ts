import type { GetAuthorizationTokenResponse } from '@aws-sdk/client-ecr';
import type { EcrContext } from '../context.ts';

/** As long as ECR's own tokens are valid. */
const TOKEN_MS = 12 * 3_600_000;

export function getAuthorizationToken({ world }: EcrContext): GetAuthorizationTokenResponse {
  return {
    authorizationData: [
      {
        authorizationToken: Buffer.from('AWS:local').toString('base64'),
        expiresAt: new Date(world.clock.now() + TOKEN_MS),
        proxyEndpoint: `https://${world.accountId}.dkr.ecr.${world.region}.amazonaws.com`,
      },
    ],
  };
}
