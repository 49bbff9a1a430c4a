import * as z from 'zod';
import { targetModelSchema } from '#core/contracts/outcome.ts';
import { configurationKey, configurationsPrefix } from '#core/keys.ts';
import type { Bucket } from '../aws/bucket.ts';

/**
 * What a promotion created in SageMaker. The clean-up cannot use SageMaker's own lists: they cannot be asked
 * by domain, and another stage in the same account may have a domain of the same name.
 */
const configurationSchema = z.strictObject({
  schemaVersion: z.literal(1),
  endpointConfig: z.string(),
  modelName: z.string(),
  execution: z.string(),
  /** Of the archive that it serves; records of earlier versions of Graft do not say. */
  modelKey: z.string().optional(),
  /** Of the shared endpoint; such a configuration is a file in S3 and nothing in SageMaker. */
  targetModel: targetModelSchema.optional(),
  /** When it became the champion; null when it has not. */
  promotedAt: z.iso.datetime().nullable(),
});
export type Configuration = z.output<typeof configurationSchema>;

/** The endpoint configurations that promotions have created for each domain. */
export function configurationsIn(bucket: Bucket) {
  return {
    /**
     * Records a configuration before it is created. A record that exists stays: it may say that it has been
     * live.
     */
    async add(
      domain: string,
      made: Pick<Configuration, 'endpointConfig' | 'modelName' | 'execution' | 'modelKey' | 'targetModel'>,
    ): Promise<void> {
      const record: Configuration = { schemaVersion: 1, ...made, promotedAt: null };
      await bucket.writeJsonIf({ ifNoneMatch: '*' }, configurationKey(domain, made.endpointConfig), record);
    },

    /** Records that a configuration has become the champion's. */
    markPromoted(domain: string, promoted: Omit<Configuration, 'schemaVersion'>): Promise<void> {
      const record: Configuration = { schemaVersion: 1, ...promoted };
      return bucket.writeJson(configurationKey(domain, promoted.endpointConfig), record);
    },

    /** All configurations of a domain, the newest first. */
    async list(domain: string): Promise<Configuration[]> {
      const found: { configuration: Configuration; at: number }[] = [];
      const records = bucket.listJson(configurationsPrefix(domain), configurationSchema);
      for await (const { value: configuration, modified } of records) {
        const { promotedAt } = configuration;
        found.push({ configuration, at: promotedAt === null ? modified : Date.parse(promotedAt) });
      }
      return found.sort((a, b) => b.at - a.at).map(({ configuration }) => configuration);
    },

    remove(domain: string, endpointConfig: string): Promise<void> {
      return bucket.delete(configurationKey(domain, endpointConfig));
    },
  };
}
