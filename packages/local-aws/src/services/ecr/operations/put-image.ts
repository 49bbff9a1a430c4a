import { createHash } from 'node:crypto';
import type { PutImageRequest, PutImageResponse } from '@aws-sdk/client-ecr';
import { ServiceError } from '../../../service.ts';
import type { EcrContext } from '../context.ts';
import { shownImage } from '../images.ts';
import type { Image } from '../repositories.ts';

/** Where a manifest does not say what it is, and the request does not either. */
const DEFAULT_MEDIA_TYPE = 'application/vnd.docker.distribution.manifest.v2+json';

/** `PutImage`: a manifest, without asking for the layers that it names (docs/fidelity.md). */
export function putImage({ world, repositories }: EcrContext, input: PutImageRequest): PutImageResponse {
  const repository = repositories.get(input.repositoryName);
  const manifest = input.imageManifest ?? '';
  const digest = `sha256:${createHash('sha256').update(manifest).digest('hex')}`;
  const { name } = repository;
  if (input.imageDigest !== undefined && input.imageDigest !== digest) {
    throw new ServiceError(
      'ImageDigestDoesNotMatchException',
      `Image digest '${input.imageDigest}' does not match the digest of the manifest, '${digest}'`,
    );
  }
  const images = repositories.images(name);
  const known = images.find((image) => image.digest === digest);
  const tag = input.imageTag;
  if (known !== undefined && (tag === undefined || known.tags.includes(tag))) {
    throw new ServiceError(
      'ImageAlreadyExistsException',
      `Image with digest '${digest}'${tag === undefined ? '' : ` and tag '${tag}'`} already exists in the repository with name '${name}' in registry with id '${world.accountId}'`,
    );
  }
  const holder = tag === undefined ? undefined : images.find((image) => image.tags.includes(tag));
  if (holder !== undefined) {
    if (repository.mutability === 'IMMUTABLE') {
      throw new ServiceError(
        'ImageTagAlreadyExistsException',
        `The image tag '${tag}' already exists in the '${name}' repository and cannot be overwritten because the repository is immutable.`,
      );
    }
    repositories.putImage({ ...holder, tags: holder.tags.filter((one) => one !== tag) });
  }
  const image: Image = {
    repository: name,
    digest,
    manifest,
    mediaType: known?.mediaType ?? mediaTypeOf(manifest, input.imageManifestMediaType),
    tags: [...(known?.tags ?? []), ...(tag === undefined ? [] : [tag])],
    pushedAt: known?.pushedAt ?? world.clock.now(),
  };
  repositories.putImage(image);
  return { image: shownImage(world, image, tag) };
}

/** The manifest's own word counts; only one without has to be told. */
function mediaTypeOf(manifest: string, told: string | undefined): string {
  let said: unknown;
  try {
    said = (JSON.parse(manifest) as { mediaType?: unknown }).mediaType;
  } catch {
    throw new ServiceError(
      'InvalidParameterException',
      "Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON syntax'",
    );
  }
  return typeof said === 'string' ? said : (told ?? DEFAULT_MEDIA_TYPE);
}
