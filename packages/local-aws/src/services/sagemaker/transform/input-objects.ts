import type { TransformS3DataSource } from '@aws-sdk/client-sagemaker';
import { validation } from '../errors.ts';
import { parseS3Uri, type S3Files, type S3Location } from '../s3-files.ts';

/** One object of a transform job's input. */
export interface InputObject extends S3Location {
  /** Its path below the prefix's last slash, or as the manifest has it: the output is named after it. */
  name: string;
}

/**
 * The objects that a data source stands for: all under its prefix, or those of its manifest.
 *
 * @throws ServiceError where S3 refuses, or the manifest is none
 */
export async function inputObjects(files: S3Files, source: TransformS3DataSource): Promise<InputObject[]> {
  const { bucket, key: prefix } = parseS3Uri(source.S3Uri!);
  if (source.S3DataType === 'ManifestFile') {
    return readManifest(source.S3Uri!, (await files.read({ bucket, key: prefix })).toString('utf8'));
  }
  const base = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  const objects: InputObject[] = [];
  for await (const key of files.keys({ bucket, key: prefix })) {
    objects.push({ bucket, key, name: key.slice(base.length) });
  }
  return objects;
}

/** `[{"prefix": "s3://bucket/prefix/"}, "relative/path", …]` ("TransformS3DataSource", API reference). */
function readManifest(uri: string, text: string): InputObject[] {
  let manifest: unknown;
  try {
    manifest = JSON.parse(text);
  } catch {
    throw validation(`The manifest ${uri} is not JSON.`);
  }
  const [first, ...names] = Array.isArray(manifest) ? manifest : [];
  const prefix = (first as { prefix?: unknown } | undefined)?.prefix;
  if (typeof prefix !== 'string' || names.some((name) => typeof name !== 'string')) {
    throw validation(`The manifest ${uri} is not a list of {"prefix": "s3://…"} and relative paths.`);
  }
  const { bucket, key } = parseS3Uri(prefix);
  return (names as string[]).map((name) => ({ bucket, key: `${key}${name}`, name }));
}
