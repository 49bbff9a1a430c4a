import * as z from 'zod';
import { endpointCallbackKey, endpointCallbacksPrefix, trainingCallbackKey } from '#core/keys.ts';
import type { Bucket } from '../aws/bucket.ts';

const tokenSchema = z.string().min(1).max(2048);

/** The state that waits for a training job. */
const trainingCallbackSchema = z.strictObject({ schemaVersion: z.literal(1), token: tokenSchema });

/** The state that waits for an endpoint to be in service on a configuration. */
const endpointCallbackSchema = z.strictObject({
  schemaVersion: z.literal(1),
  token: tokenSchema,
  endpoint: z.string(),
  /** The configuration that was asked for. */
  endpointConfig: z.string(),
  /**
   * The deployment that waits, where several may wait for one configuration of the shared endpoint.
   */
  deployment: z.string().optional(),
  /**
   * Whether SageMaker has accepted the change. Before that, an endpoint in service on another configuration
   * has not changed yet; after it, SageMaker has rolled it back.
   */
  requested: z.boolean(),
  /** The configuration that was live when the change was asked for; to be back on it is to be rolled back. */
  before: z.string().optional(),
  /** What the waiting state gets when all is well. */
  output: z.record(z.string(), z.unknown()),
});
export type EndpointCallback = z.output<typeof endpointCallbackSchema>;
type Waited = Pick<EndpointCallback, 'endpoint' | 'endpointConfig' | 'deployment'>;

/** Task tokens of the states that wait for a training job, by the job's name. */
export function trainingCallbacksIn(bucket: Bucket) {
  return {
    save(job: string, token: string): Promise<void> {
      return bucket.writeJson(trainingCallbackKey(job), { schemaVersion: 1, token });
    },

    /**
     * The task token that waits for a job; undefined for a job of another system, or one that is already
     * answered.
     */
    async find(job: string): Promise<string | undefined> {
      return (await bucket.findJson(trainingCallbackKey(job), trainingCallbackSchema))?.token;
    },

    remove(job: string): Promise<void> {
      return bucket.delete(trainingCallbackKey(job));
    },
  };
}

/** States that wait for an endpoint, by the endpoint and the configuration that they asked for. */
export function endpointCallbacksIn(bucket: Bucket) {
  const keyOf = ({ endpoint, endpointConfig, deployment }: Waited) =>
    endpointCallbackKey(endpoint, deployment ?? endpointConfig);
  return {
    save(callback: EndpointCallback): Promise<void> {
      return bucket.writeJson(keyOf(callback), callback);
    },

    find(waited: Waited): Promise<EndpointCallback | undefined> {
      return bucket.findJson(keyOf(waited), endpointCallbackSchema);
    },

    /** Every state that waits for an endpoint, whichever configuration it asked for. */
    async list(endpoint: string): Promise<EndpointCallback[]> {
      const callbacks: EndpointCallback[] = [];
      const found = bucket.listJson(endpointCallbacksPrefix(endpoint), endpointCallbackSchema);
      for await (const { value } of found) callbacks.push(value);
      return callbacks;
    },

    remove(callback: EndpointCallback): Promise<void> {
      return bucket.delete(keyOf(callback));
    },
  };
}
