import type { S3Client } from '@aws-sdk/client-s3';
import { type Domain, domainSchema } from '#core/contracts/domain.ts';
import type { NamedImage, Part, Split } from '#core/data-checks.ts';
import { InvalidInputError, NotFoundError } from '#core/errors.ts';
import { domainKey, imagesPrefix } from '#core/keys.ts';
import { parseJson } from '#core/parse.ts';
import { findObject, listFolders, listObjects, objectExists } from './objects.ts';

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
 * `domain.json` of one domain and its exact bytes.
 *
 * @throws NotFoundError, InvalidInputError
 */
export async function readDomain(
  s3: S3Client,
  bucket: string,
  name: string,
): Promise<{ domain: Domain; bytes: Uint8Array }> {
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
  return { domain, bytes: object.bytes };
}

const imageName = /\.(png|jpe?g|webp)$/i;
/** Two leave one for training and one for validation. */
const MINIMUM_TRAINING_IMAGES = 2;
/** Without one, the class's recall does not exist. */
const MINIMUM_TEST_IMAGES = 1;

/** One image in the data bucket. */
export interface StoredImage extends NamedImage {
  key: string;
  size: number;
  /** Without quotes. */
  etag: string;
}
export type StoredImages = Record<Part, StoredImage[]>;

/**
 * Lists a domain's images and compares the folders with the labels.
 *
 * @throws InvalidInputError that lists everything that does not agree
 */
export async function checkImages(s3: S3Client, bucket: string, domain: Domain): Promise<StoredImages> {
  const problems: string[] = [];
  const train = await listImages(s3, bucket, domain, 'train', MINIMUM_TRAINING_IMAGES, problems);
  const test = await listImages(s3, bucket, domain, 'test', MINIMUM_TEST_IMAGES, problems);
  refuseProblems(domain, problems, 'Make the folders below train/ and test/ and the labels agree');
  return { train, test, other: await listOther(s3, bucket, domain) };
}

/** @throws InvalidInputError that lists the first ten problems, if there are any */
export function refuseProblems(domain: Domain, problems: readonly string[], remedy: string): void {
  if (problems.length === 0) return;
  const more = problems.length > 10 ? `; and ${problems.length - 10} more` : '';
  throw new InvalidInputError(
    `The images of "${domain.domain}" do not fit its domain.json: ${problems.slice(0, 10).join('; ')}${more}`,
    { hint: `${remedy}, and push the data again.` },
  );
}

async function listImages(
  s3: S3Client,
  bucket: string,
  domain: Domain,
  split: Split,
  minimum: number,
  problems: string[],
): Promise<StoredImage[]> {
  const prefix = imagesPrefix(domain.domain, split);
  const counts = new Map(domain.labels.map((label) => [label, 0]));
  const strangers = new Set<string>();
  const images: StoredImage[] = [];
  for await (const { key, size, etag } of listObjects(s3, bucket, prefix)) {
    const id = key.slice(prefix.length);
    const [label, file] = [id.split('/')[0]!, id.split('/').at(-1)!];
    if (!imageName.test(file)) continue;
    const count = counts.get(label);
    if (count === undefined) {
      strangers.add(label);
    } else {
      counts.set(label, count + 1);
      images.push({ part: split, id, key, size, etag });
    }
  }
  for (const stranger of strangers) {
    const composed = counts.has(stranger.normalize('NFC'));
    problems.push(
      `${split}/${stranger} is not among the labels${composed ? ' (the same name in another Unicode form: rename the folder to NFC)' : ''}`,
    );
  }
  for (const [label, count] of counts) {
    if (count < minimum) {
      problems.push(`${split}/${label} has ${count} of at least ${minimum} images`);
    }
  }
  return images;
}

/** Images of none of the classes. There need not be any. */
async function listOther(s3: S3Client, bucket: string, domain: Domain): Promise<StoredImage[]> {
  const prefix = imagesPrefix(domain.domain, 'other');
  const images: StoredImage[] = [];
  const folders = new Set<string>();
  for await (const { key, size, etag } of listObjects(s3, bucket, prefix)) {
    const id = key.slice(prefix.length);
    if (!imageName.test(id)) continue;
    if (id.includes('/')) folders.add(id.slice(0, id.indexOf('/')));
    images.push({ part: 'other', id, key, size, etag });
  }
  refuseProblems(
    domain,
    [...folders].map((folder) => `other/${folder} is a folder, but the images of other/ have no labels`),
    'Move the images directly into other/',
  );
  return images;
}
