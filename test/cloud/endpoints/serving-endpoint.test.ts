import type { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { expect, test } from 'vitest';
import { findServingEndpoint } from '#cloud/endpoints/serving-endpoint.ts';
import type { Champion } from '#core/contracts/outcome.ts';
import { recordingClient, serviceError } from '../recording-client.ts';

const shared = { endpoint: 'graft-dev--shared-2', targetModel: 'produce/a.tar.gz', endpointConfig: 'a' };

/** @param endpoints that there are, with their configurations */
function find(endpoints: Record<string, string>, champion?: Partial<Champion>) {
  const { client } = recordingClient<SageMakerClient>({
    DescribeEndpoint: ({ EndpointName }: { EndpointName: string }) => {
      const config = endpoints[EndpointName];
      if (config === undefined) throw serviceError('ValidationException', 'Could not find endpoint');
      return { EndpointStatus: 'InService', EndpointConfigName: config };
    },
  });
  const champions = { find: async () => champion && { champion } };
  return findServingEndpoint(client, { champions } as unknown as Parameters<typeof findServingEndpoint>[1], {
    prefix: 'graft-dev',
    domain: 'produce',
  });
}

test("a domain's own endpoint serves it, whatever its record says", async () => {
  const found = await find({ 'graft-dev-produce': 'config-1', 'graft-dev--shared-2': 'all' }, shared);

  expect(found).toMatchObject({ name: 'graft-dev-produce', deployed: 'config-1' });
});

test('without one, the shared endpoint serves the file that the record names', async () => {
  const found = await find({ 'graft-dev--shared-2': 'all' }, shared);

  expect(found).toMatchObject({
    name: 'graft-dev--shared-2',
    deployed: 'a',
    state: { status: 'InService', endpointConfig: 'all' },
  });
});

test.each([
  ['nothing was promoted', undefined],
  ['the own endpoint was deleted', { endpoint: 'graft-dev-produce', endpointConfig: 'config-1' }],
  ['the shared endpoint was deleted', shared],
])('no endpoint serves a domain where %s', async (_what, champion) => {
  expect(await find({}, champion)).toBeUndefined();
});
