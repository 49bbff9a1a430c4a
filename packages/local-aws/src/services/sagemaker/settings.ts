import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { readEnvironment } from '#core/environment.ts';
import type { SageMakerOptions } from './context.ts';

const settingsSchema = z.object({
  /** Folder with the container's bundles `train.mjs` and `serve.mjs`. */
  GRAFT_LOCAL_CONTAINER: z
    .string()
    .default(fileURLToPath(new URL('../../../../../.build/container', import.meta.url))),
  /** Training jobs that run at the same time on this machine. */
  GRAFT_LOCAL_JOBS: z.coerce.number().int().min(1).max(64).default(2),
  /** Containers of serverless endpoints that stay running: one takes some 150 MB. */
  GRAFT_LOCAL_WARM_CONTAINERS: z.coerce.number().int().min(1).max(1_000).default(8),
  /** Seconds of training after which a spot job's instance is taken away, once. */
  GRAFT_LOCAL_SPOT_SECONDS: z.coerce.number().positive().optional(),
});

/** How this machine stands in for SageMaker's, from the environment. */
export function sageMakerSettings(): SageMakerOptions {
  const settings = readEnvironment(settingsSchema);
  return {
    containerFolder: settings.GRAFT_LOCAL_CONTAINER,
    concurrentJobs: settings.GRAFT_LOCAL_JOBS,
    warmContainers: settings.GRAFT_LOCAL_WARM_CONTAINERS,
    spotSeconds: settings.GRAFT_LOCAL_SPOT_SECONDS,
  };
}
