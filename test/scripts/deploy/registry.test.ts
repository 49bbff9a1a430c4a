import { afterEach, describe, expect, test } from 'vitest';
import { chooseImage, listImages } from '../../../scripts/deploy/registry.ts';
import { type Images, type Registry, startRegistry } from './ecr.ts';

const docker = 'application/vnd.docker.distribution.manifest.v2+json';
const oci = 'application/vnd.oci.image.manifest.v1+json';
const digest = '0123456789abcdef';

let registry: Registry | undefined;

afterEach(() => registry?.close());

async function choose(images: Images, force = false) {
  registry = await startRegistry(images);
  return chooseImage(await listImages(registry.client, 'graft-dev', digest), digest, force);
}

describe('the image of a deployment', () => {
  test('is built under its content’s digest where the repository has none', async () => {
    expect(await choose([['fedcba9876543210', docker]])).toEqual({ tag: digest, build: true });
  });

  test('is not built again where the repository has it', async () => {
    expect(await choose([[digest, docker]])).toEqual({ tag: digest, build: false });
  });

  test.each([
    ['OCI’s manifest', oci],
    ['OCI’s index', 'application/vnd.oci.image.index.v1+json'],
    ['a list of platforms', 'application/vnd.docker.distribution.manifest.list.v2+json'],
    ['no type that ECR knows', undefined],
  ])('is built under another tag where what is there has %s', async (_, manifestType) => {
    expect(await choose([[digest, manifestType]])).toEqual({ tag: `${digest}-2`, build: true });
  });

  test('is the newest usable one, on whichever page it stands', async () => {
    const images: Images = [
      ['other', docker],
      [`${digest}-10`, docker],
      [digest, docker],
      [`${digest}-9`, docker],
      [`${digest}-11`, oci],
    ];
    expect(await choose(images)).toEqual({ tag: `${digest}-10`, build: false });
    expect(registry?.asked).toEqual(['DescribeImages', 'DescribeImages', 'DescribeImages']);
  });

  test('is built once more, under a tag that is free, where a person forces it', async () => {
    expect(
      await choose(
        [
          [digest, docker],
          [`${digest}-2`, oci],
        ],
        true,
      ),
    ).toEqual({ tag: `${digest}-3`, build: true });
  });

  test('is not taken for another whose tag begins alike', async () => {
    expect(
      await choose([
        [`${digest}0`, docker],
        [`${digest}-old`, docker],
      ]),
    ).toEqual({ tag: digest, build: true });
  });
});
