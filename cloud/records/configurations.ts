import type { S3Client } from '@aws-sdk/client-s3';
import { z } from 'zod';
import { configurationKey, configurationsPrefix } from '#core/keys.ts';
import { deleteObject, findJson, isPreconditionFailed, listObjects, writeJson } from '../aws/objects.ts';

/**
 * What a promotion created in SageMaker. SageMaker's own lists are no help to the clean-up: they cannot be asked by domain, and
 * another stage in the same account may have a domain of the same name.
 */
const configurationSchema = z.strictObject({
  schemaVersion: z.literal(1),
  endpointConfig: z.string(),
  modelName: z.string(),
  execution: z.string(),
  /** Of the archive that it serves; records of earlier versions of Graft do not say. */
  modelKey: z.string().optional(),
  /** When it became the champion; null when it has not. */
  promotedAt: z.iso.datetime().nullable(),
});
export type Configuration = z.output<typeof configurationSchema>;

/** Remembers a configuration before it is created. What is there stays: it may say that it has been champion. */
export async function recordConfiguration(
  s3: S3Client,
  artifactsBucket: string,
  domain: string,
  made: Pick<Configuration, 'endpointConfig' | 'modelName' | 'execution' | 'modelKey'>,
): Promise<void> {
  const key = configurationKey(domain, made.endpointConfig);
  const record: Configuration = { schemaVersion: 1, ...made, promotedAt: null };
  try {
    await writeJson(s3, artifactsBucket, key, record, { ifNoneMatch: '*' });
  } catch (error) {
    if (!isPreconditionFailed(error)) throw error;
  }
}

/** Remembers that a configuration has become the champion's. */
export async function recordPromotion(
  s3: S3Client,
  artifactsBucket: string,
  domain: string,
  promoted: Omit<Configuration, 'schemaVersion'>,
): Promise<void> {
  const key = configurationKey(domain, promoted.endpointConfig);
  await writeJson(s3, artifactsBucket, key, { schemaVersion: 1, ...promoted } satisfies Configuration);
}

/** All configurations of a domain, the newest first. */
export async function listConfigurations(
  s3: S3Client,
  artifactsBucket: string,
  domain: string,
): Promise<Configuration[]> {
  const found: { configuration: Configuration; modified: number }[] = [];
  for await (const { key, modified } of listObjects(s3, artifactsBucket, configurationsPrefix(domain))) {
    const record = await findJson(s3, artifactsBucket, key, configurationSchema);
    if (record !== undefined) found.push({ configuration: record.value, modified });
  }
  return found
    .map(({ configuration, modified }) => ({
      configuration,
      at: configuration.promotedAt === null ? modified : Date.parse(configuration.promotedAt),
    }))
    .sort((a, b) => b.at - a.at)
    .map(({ configuration }) => configuration);
}

export async function forgetConfiguration(
  s3: S3Client,
  artifactsBucket: string,
  domain: string,
  endpointConfig: string,
): Promise<void> {
  await deleteObject(s3, artifactsBucket, configurationKey(domain, endpointConfig));
}
