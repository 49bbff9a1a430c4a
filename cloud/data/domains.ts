import type { S3Client } from '@aws-sdk/client-s3';
import { type Domain, domainSchema } from '#core/contracts/domain.ts';
import { InvalidInputError, NotFoundError } from '#core/errors.ts';
import { domainKey } from '#core/keys.ts';
import { parseJson } from '#core/parse.ts';
import { findObject, listFolders, objectExists } from '../aws/objects.ts';

/** Folders of the data bucket that have a `domain.json`, sorted. Whether their names are good is each domain's own affair. */
export async function listDomains(s3: S3Client, bucket: string): Promise<string[]> {
  const folders = await listFolders(s3, bucket, 'domains/');
  const domains: string[] = [];
  for (const folder of folders) {
    if (await objectExists(s3, bucket, domainKey(folder))) domains.push(folder);
  }
  return domains.sort();
}

/**
 * `domain.json` of one domain, its exact bytes, and when it came (milliseconds since 1970), which commits the images before it.
 *
 * @throws NotFoundError, InvalidInputError
 */
export async function readDomain(
  s3: S3Client,
  bucket: string,
  name: string,
): Promise<{ domain: Domain; bytes: Uint8Array; committed: number }> {
  const object = await findObject(s3, bucket, domainKey(name));
  if (object === undefined) {
    throw new NotFoundError(`There is no domain "${name}": s3://${bucket}/${domainKey(name)} is missing`, {
      hint: `Push its images with \`graft data push <images> --domain ${name}\`.`,
    });
  }
  const domain = parseJson(
    domainSchema,
    new TextDecoder().decode(object.bytes),
    `domain.json of "${name}"`,
    'Correct domain.json and push the data again.',
  );
  if (domain.domain !== name) {
    throw new InvalidInputError(
      `domain.json of "${name}" is not valid: domain: it says "${domain.domain}", but it lies in the folder "${name}"`,
      { hint: 'Correct domain.json and push the data again.' },
    );
  }
  return { domain, bytes: object.bytes, committed: object.modified };
}
