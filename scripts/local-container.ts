import { join } from 'node:path';
import type { ContainerOptions } from 'local-aws';
import * as z from 'zod';
import { readEnvironment } from '#core/environment.ts';
import { containerFolder } from './build-container.ts';

const settingsSchema = z.object({
  /** Folder with the container's bundles `train.mjs` and `serve.mjs`. */
  GRAFT_LOCAL_CONTAINER: z.string().default(containerFolder),
  /** Training jobs that run at the same time on this machine. */
  GRAFT_LOCAL_JOBS: z.coerce.number().int().min(1).max(64).default(2),
  /** Serverless endpoints that have a running process: one takes some 150 MB. */
  GRAFT_LOCAL_WARM_CONTAINERS: z.coerce.number().int().min(1).max(1_000).default(8),
  /** Seconds of training after which a spot job is interrupted, once. */
  GRAFT_LOCAL_SPOT_SECONDS: z.coerce.number().positive().optional(),
});

/** The container's programs, from a folder with `train.mjs` and `serve.mjs`, as the local AWS runs them. */
export function containerPrograms(
  folder: string,
): Required<Pick<ContainerOptions, 'train' | 'serve' | 'variables'>> {
  return {
    train: [process.execPath, join(folder, 'train.mjs')],
    serve: [process.execPath, join(folder, 'serve.mjs')],
    variables: { root: 'GRAFT_OPT_ML', host: 'GRAFT_HOST', port: 'GRAFT_PORT' },
  };
}

/** How the local AWS of `npm run local` and `npm start` runs the container, from the environment. */
export function localContainer(): ContainerOptions {
  const settings = readEnvironment(settingsSchema);
  const spotSeconds = settings.GRAFT_LOCAL_SPOT_SECONDS;
  return {
    ...containerPrograms(settings.GRAFT_LOCAL_CONTAINER),
    concurrentJobs: settings.GRAFT_LOCAL_JOBS,
    warmContainers: settings.GRAFT_LOCAL_WARM_CONTAINERS,
    ...(spotSeconds === undefined ? {} : { spotSeconds }),
  };
}
