import { afterEach, describe, expect, test } from 'vitest';
import { checkPushedImage } from '../../../scripts/deploy/image.ts';
import { type Registry, startRegistry } from './ecr.ts';

let registry: Registry | undefined;

afterEach(() => registry?.close());

describe('an image that was pushed', () => {
  test('passes with the manifest that SageMaker takes', async () => {
    registry = await startRegistry([['abc', 'application/vnd.docker.distribution.manifest.v2+json']]);

    await expect(checkPushedImage(registry.client, 'graft-dev', 'abc')).resolves.toBeUndefined();
  });

  test.each(['application/vnd.oci.image.manifest.v1+json', 'application/vnd.oci.image.index.v1+json'])(
    'fails as %s, and the remedy does not overwrite a tag',
    async (manifestType) => {
      registry = await startRegistry([['abc', manifestType]]);

      await expect(checkPushedImage(registry.client, 'graft-dev', 'abc')).rejects.toMatchObject({
        name: 'UnusableImage',
        message: `graft-dev:abc has a manifest of type ${manifestType}, which SageMaker hosting refuses`,
        hint: expect.stringContaining('under another tag'),
      });
    },
  );
});
