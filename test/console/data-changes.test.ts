import type { ListObjectVersionsOutput } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { Bucket } from '#cloud/aws/bucket.ts';
import { changesSince } from '../../console/server/data-changes.ts';
import { recordingClient } from '../cloud/recording-client.ts';

const day = (number: number) => new Date(Date.UTC(2026, 10, number));
const version = (path: string, at: number, ETag: string) => ({
  ...{ Key: `domains/shapes/${path}`, VersionId: `${path}-${at}`, LastModified: day(at), ETag },
});
const removal = (path: string, at: number) => ({
  ...{ Key: `domains/shapes/${path}`, VersionId: `${path}-${at}`, LastModified: day(at) },
});

test('what was added, replaced and removed since a promotion is told by the versions of the bucket', async () => {
  const pages: Record<string, ListObjectVersionsOutput> = {
    first: {
      IsTruncated: true,
      ...{ NextKeyMarker: 'domains/shapes/train/round/gone.png', NextVersionIdMarker: 'second' },
      Versions: [
        version('domain.json', 12, 'changed'),
        version('other/.DS_Store', 12, 'litter'),
        version('train/round/again.png', 12, 'same'),
        version('train/round/again.png', 1, 'same'),
        version('train/round/came-and-went.png', 11, 'a'),
        version('train/round/new.png', 12, 'b'),
      ],
      DeleteMarkers: [
        removal('train/round/came-and-went.png', 12),
        removal('train/round/gone.png', 12),
        removal('test/round/long-gone.png', 3),
      ],
    },
    second: {
      Versions: [
        version('train/round/gone.png', 2, 'c'),
        version('train/round/gone.png', 1, 'older'),
        version('train/round/kept.png', 1, 'd'),
        version('test/round/long-gone.png', 1, 'e'),
        version('test/round/other-content.png', 13, 'g'),
        version('test/round/other-content.png', 1, 'f'),
      ],
    },
  };
  const s3 = recordingClient<Bucket['s3']>({
    ListObjectVersions: ({ VersionIdMarker = 'first' }: { VersionIdMarker?: string }) =>
      pages[VersionIdMarker],
  });

  const changes = await changesSince(new Bucket(s3.client, 'data'), 'shapes', day(10).getTime());

  expect(changes).toEqual({
    since: day(10).toISOString(),
    added: { count: 1, named: [{ part: 'train', id: 'round/new.png' }] },
    replaced: { count: 1, named: [{ part: 'test', id: 'round/other-content.png' }] },
    removed: {
      count: 1,
      named: [{ part: 'train', id: 'round/gone.png', version: 'train/round/gone.png-2' }],
    },
  });
  expect(s3.inputsOf('ListObjectVersions')[0]).toMatchObject({ Bucket: 'data', Prefix: 'domains/shapes/' });
});
