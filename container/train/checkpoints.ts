import { stat } from 'node:fs/promises';
import type { Logger } from 'pino';
import { sha256 } from '#core/digest.ts';
import type { DataSet } from '#model/data/data-set.ts';
import { BASELINE_INPUT } from '#model/training/baseline.ts';
import { type Checkpoints, fileCheckpoints } from '#model/training/checkpoints.ts';
import type { OptMl } from '../opt-ml.ts';
import type { JobInputs } from './read-inputs.ts';

/**
 * Keeps and restores the progress of a job. Undefined without `CheckpointConfig`, because nothing would
 * restore it then; the folder is absent in that case. SageMaker downloads the channels again before it
 * restarts an interrupted job, so a checkpoint counts for exactly the images, recipe, input and backend that
 * it was made with.
 */
export async function openCheckpoints(
  { paths, log }: { paths: OptMl; log: Logger },
  { hyperparameters, domain }: JobInputs,
  trainImages: DataSet,
  backend: string,
): Promise<Checkpoints | undefined> {
  const folder = await stat(paths.checkpoints).catch(() => undefined);
  if (!folder?.isDirectory()) return undefined;
  const identity = sha256(
    JSON.stringify([
      hyperparameters.mode,
      domain.labels,
      domain.recipe,
      trainImages.digest,
      BASELINE_INPUT,
      backend,
    ]),
  );
  return fileCheckpoints(paths.checkpoints, identity, (reason) =>
    log.warn({ reason }, 'the checkpoint is not used: training starts from its beginning'),
  );
}
