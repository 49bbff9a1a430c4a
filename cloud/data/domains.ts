import { type Domain, domainSchema } from '#core/contracts/domain.ts';
import { InvalidInputError, NotFoundError } from '#core/errors.ts';
import { domainKey } from '#core/keys.ts';
import { parseJson } from '#core/parse.ts';
import type { Bucket } from '../aws/bucket.ts';

/** Folders of the data bucket that have a `domain.json`, sorted. PrepareDomain checks each domain's name. */
export async function listDomains(data: Bucket): Promise<string[]> {
  const folders = await data.folders('domains/');
  const domains: string[] = [];
  for (const folder of folders) {
    if (await data.exists(domainKey(folder))) domains.push(folder);
  }
  return domains.sort();
}

/**
 * `domain.json` of one domain, its exact bytes, and when it was written (milliseconds since 1970). Writing it
 * commits the images that were written before it.
 *
 * @throws NotFoundError, InvalidInputError
 */
export async function readDomain(
  data: Bucket,
  name: string,
): Promise<{ domain: Domain; bytes: Uint8Array; committed: number }> {
  const object = await data.find(domainKey(name));
  if (object === undefined) {
    throw new NotFoundError(`There is no domain "${name}": ${data.uri(domainKey(name))} is missing`, {
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
