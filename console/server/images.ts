import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { isNoSuchObject } from '#cloud/aws/bucket.ts';
import { checkData } from '#cloud/data/data-checks.ts';
import { checkImages, countsOf, type StoredImages } from '#cloud/data/domain-images.ts';
import { readDomain } from '#cloud/data/domains.ts';
import { IMAGE_LIMIT } from '#cloud/data/thumbnails.ts';
import type { Domain } from '#core/contracts/domain.ts';
import { reportSchema } from '#core/contracts/report.ts';
import { GraftError, NotFoundError } from '#core/errors.ts';
import { IMAGE_NAMES, imageType, isLitter } from '#core/image-files.ts';
import { imagesPrefix, reportKey } from '#core/keys.ts';
import { ProblemError } from '#core/problem.ts';
import type { Rows } from '../contracts/domains.ts';
import type { ChangedImage, DataChanges, DomainImages, ImageRow, Part } from '../contracts/images.ts';
import { changesSince } from './data-changes.ts';
import type { ConsoleServices } from './services.ts';

const IMAGES_PER_PAGE = 48;

/**
 * Counts a domain's images, and checks them as a promotion would before it starts a job.
 *
 * @throws NotFoundError, InvalidInputError about `domain.json`
 */
export async function domainImages(services: ConsoleServices, name: string): Promise<DomainImages> {
  const { data, store } = services;
  const { domain } = await readDomain(data, name);
  const [last] = await store.promotions.begun(name);
  const suspicious = await suspiciousLabels(services, name);
  const known = { ...(last === undefined ? {} : { since: new Date(last.began).toISOString() }), suspicious };
  let images: StoredImages | undefined;
  try {
    const checked = await checkImages(data, domain);
    images = checked.images;
    const warnings = [...checked.warnings, ...(await checkData(data, domain, images))];
    return { ...counted(domain, images, last?.began), ...known, warnings };
  } catch (error) {
    if (!(error instanceof GraftError)) throw error;
    const counts = images === undefined ? { labels: [], other: 0 } : counted(domain, images, last?.began);
    return { ...counts, ...known, problem: error.message, warnings: [] };
  }
}

function counted(
  domain: Domain,
  images: StoredImages,
  began: number | undefined,
): Pick<DomainImages, 'labels' | 'other'> {
  const fresh = [...images.train, ...images.test].filter(({ modified }) => modified > (began ?? 0));
  const [train, test, written] = [images.train, images.test, fresh].map((each) => countsOf(domain, each));
  return {
    labels: domain.labels.map((label) => ({
      label,
      train: train!.get(label)!,
      test: test!.get(label)!,
      fresh: written!.get(label)!,
    })),
    other: images.other.length,
  };
}

/** The live model's most confident mistakes: either it is wrong, or the label is. */
async function suspiciousLabels(
  { store }: ConsoleServices,
  domain: string,
): Promise<DomainImages['suspicious']> {
  const live = await store.champions.find(domain);
  if (live === undefined) return [];
  const report = await store.bucket.findJson(
    reportKey(live.champion.execution, domain, 'json'),
    reportSchema,
  );
  return (report?.misclassified.shown ?? []).map(({ id, truth, prediction, confidence }) => ({
    ...{ id, truth, prediction, confidence },
  }));
}

/** What has changed since the last promotion of a domain began; null where there was none. */
export async function dataChanges(
  { data, store }: ConsoleServices,
  domain: string,
): Promise<DataChanges | null> {
  const [last] = await store.promotions.begun(domain);
  return last === undefined ? null : changesSince(data, domain, last.began);
}

/** One page of a part's images, of one label where the part has labels. */
export async function imageRows(
  { data }: ConsoleServices,
  { domain, part, label }: { domain: string; part: Part; label: string },
  page: string | undefined,
): Promise<Rows<ImageRow>> {
  const prefix = imagesPrefix(domain, part);
  const { Contents = [], NextContinuationToken } = await data.s3.send(
    new ListObjectsV2Command({
      Bucket: data.name,
      Prefix: part === 'other' ? prefix : `${prefix}${label}/`,
      MaxKeys: IMAGES_PER_PAGE,
      ...(page === undefined ? {} : { ContinuationToken: page }),
    }),
  );
  const rows = Contents.map(({ Key, Size }) => ({ id: Key!.slice(prefix.length), size: Size ?? 0 }));
  return {
    rows: rows.filter(({ id }) => !id.endsWith('/') && !id.split('/').some(isLitter)),
    ...(NextContinuationToken === undefined ? {} : { next: NextContinuationToken }),
  };
}

/**
 * An image of a domain, unchanged; one that was removed, by its version.
 *
 * @throws NotFoundError, ProblemError for what is too large or no image
 */
export async function readImage(
  { data }: ConsoleServices,
  { domain, part, id, version }: ChangedImage & { domain: string },
): Promise<{ bytes: Uint8Array; type: string }> {
  const key = imagesPrefix(domain, part) + id;
  try {
    const { Body, ContentLength = 0 } = await data.s3.send(
      new GetObjectCommand({
        ...{ Bucket: data.name, Key: key },
        ...(version === undefined ? {} : { VersionId: version }),
      }),
    );
    if (ContentLength > IMAGE_LIMIT) {
      (Body as { destroy?(): void } | undefined)?.destroy?.();
      throw new ProblemError(413, `${id} has ${Math.round(ContentLength / 1024)} KB: too large to show`);
    }
    const bytes = await Body!.transformToByteArray();
    const type = imageType(bytes);
    if (type === undefined) throw new ProblemError(415, `${id} is no ${IMAGE_NAMES}`);
    return { bytes, type };
  } catch (cause) {
    if (!isNoSuchObject(cause)) throw cause;
    throw new NotFoundError(`There is no ${data.uri(key)}`, { cause });
  }
}
