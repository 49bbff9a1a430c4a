/**
 * The path that a virtual-hosted request's host stands for: `/photos` of `photos.localhost:4566`.
 *
 * Clients that are told `http://localhost:4566` put the bucket before the host (`photos.localhost:4566`),
 * those told `http://s3.localhost:4566` too (`photos.s3.localhost:4566`). S3's own names are for clients that
 * a proxy or `curl --resolve` sends here. An address in numbers has no room for a bucket.
 *
 * @param host the `Host` header
 */
export function pathOfHost(host: string | undefined): string | undefined {
  const bucket = bucketOfHost(host);
  return bucket === undefined ? undefined : `/${bucket}`;
}

function bucketOfHost(host: string | undefined): string | undefined {
  const name = host?.toLowerCase().replace(/:\d+$/, '') ?? '';
  const aws = /^(?:(.+)\.)?s3[.-](?:dualstack\.)?(?:[a-z0-9-]+\.)?amazonaws\.com$/.exec(name);
  if (aws !== null) return aws[1];
  const local = /^(.+)\.localhost$/.exec(name)?.[1];
  // `s3` and `s3.eu-central-1` are the service; a bucket's name has at least three characters.
  return local?.replace(/(^|\.)s3(\.[a-z]{2}(-[a-z]+)+-\d)?$/, '') || undefined;
}
