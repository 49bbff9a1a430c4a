import { DescribeImagesCommand, type ECRClient, paginateDescribeImages } from '@aws-sdk/client-ecr';

/**
 * The only kind of manifest that SageMaker hosting takes. It refuses OCI's and every index ("Unsupported
 * manifest media type"): https://github.com/aws/amazon-sagemaker-feedback/issues/180
 */
const USABLE_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';

/** One tag of the repository. */
export interface PushedImage {
  tag: string;
  /** The media type of its manifest; `unknown` if ECR does not say. */
  manifestType: string;
}

export function isUsable({ manifestType }: PushedImage): boolean {
  return manifestType === USABLE_MANIFEST;
}

/**
 * Images that were built from this content, oldest first. Tags cannot be overwritten, so a second build gets
 * a number: `<digest>`, `<digest>-2`, `<digest>-3`.
 */
export async function listImages(
  ecr: ECRClient,
  repositoryName: string,
  contentDigest: string,
): Promise<PushedImage[]> {
  const images: PushedImage[] = [];
  const pages = paginateDescribeImages({ client: ecr }, { repositoryName, filter: { tagStatus: 'TAGGED' } });
  for await (const { imageDetails } of pages) {
    for (const { imageTags, imageManifestMediaType } of imageDetails ?? []) {
      for (const tag of imageTags ?? [])
        images.push({ tag, manifestType: imageManifestMediaType ?? 'unknown' });
    }
  }
  return images
    .filter(({ tag }) => buildNumber(tag, contentDigest) !== undefined)
    .sort((a, b) => buildNumber(a.tag, contentDigest)! - buildNumber(b.tag, contentDigest)!);
}

/** What ECR says about the image that was just pushed. */
export async function describeImage(
  ecr: ECRClient,
  repositoryName: string,
  tag: string,
): Promise<PushedImage> {
  const { imageDetails } = await ecr.send(
    new DescribeImagesCommand({ repositoryName, imageIds: [{ imageTag: tag }] }),
  );
  return { tag, manifestType: imageDetails?.[0]?.imageManifestMediaType ?? 'unknown' };
}

/**
 * Which image a deployment of this content uses, and whether it has to be built first.
 *
 * @param images of this content, as `listImages` gives them
 * @param force build another one, even if a usable one is there
 */
export function chooseImage(
  images: readonly PushedImage[],
  contentDigest: string,
  force: boolean,
): { tag: string; build: boolean } {
  const usable = images.filter(isUsable).at(-1);
  if (usable !== undefined && !force) return { tag: usable.tag, build: false };
  const last = images.at(-1);
  const number = last === undefined ? 1 : buildNumber(last.tag, contentDigest)! + 1;
  return { tag: number === 1 ? contentDigest : `${contentDigest}-${number}`, build: true };
}

/** 1 for the digest itself, else the number after it; undefined for a tag of other content. */
function buildNumber(tag: string, contentDigest: string): number | undefined {
  if (tag === contentDigest) return 1;
  if (!tag.startsWith(`${contentDigest}-`)) return undefined;
  const number = tag.slice(contentDigest.length + 1);
  return /^[1-9]\d*$/.test(number) ? Number(number) : undefined;
}
