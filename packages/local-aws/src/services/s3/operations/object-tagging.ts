import type {
  DeleteObjectTaggingCommandInput,
  GetObjectTaggingCommandInput,
  GetObjectTaggingCommandOutput,
  PutObjectTaggingCommandInput,
} from '@aws-sdk/client-s3';
import type { RequestContext } from '../../../service.ts';
import type { S3Context } from '../context.ts';
import { assertTags } from '../object-headers.ts';
import { assertBody } from '../receive.ts';
import { versionHeader } from '../responses.ts';
import { readableVersion } from './get-object.ts';

export function getObjectTagging(
  { store }: S3Context,
  input: GetObjectTaggingCommandInput,
): Omit<GetObjectTaggingCommandOutput, '$metadata'> {
  const version = readableVersion(store.bucket(input.Bucket!), input.Key!, input.VersionId);
  return {
    ...versionHeader(version),
    TagSet: Object.entries(version.tags ?? {}).map(([Key, Value]) => ({ Key, Value })),
  };
}

export function putObjectTagging(
  { store }: S3Context,
  input: PutObjectTaggingCommandInput,
  request: RequestContext,
) {
  assertBody(request, true);
  const bucket = store.bucket(input.Bucket!);
  const version = readableVersion(bucket, input.Key!, input.VersionId);
  const tags = assertTags((input.Tagging?.TagSet ?? []).map((tag) => [tag.Key ?? '', tag.Value ?? '']));
  bucket.replace(input.Key!, { ...version, tags });
  return versionHeader(version);
}

export function deleteObjectTagging({ store }: S3Context, input: DeleteObjectTaggingCommandInput) {
  const bucket = store.bucket(input.Bucket!);
  const version = readableVersion(bucket, input.Key!, input.VersionId);
  const { tags: _tags, ...rest } = version;
  bucket.replace(input.Key!, rest);
  return versionHeader(version);
}
