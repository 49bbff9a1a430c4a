import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Domain, domainSchema } from '#core/contracts/domain.ts';
import { type Hyperparameters, hyperparametersSchema } from '#core/contracts/hyperparameters.ts';
import { type Manifest, manifestSchema } from '#core/contracts/manifest.ts';
import { InvalidInputError, NotFoundError } from '#core/errors.ts';
import { verifyModelFolder } from '#core/model-files.ts';
import { parseJson } from '#core/parse.ts';
import type { OptMl } from '../opt-ml.ts';

/** The inputs of a training job, apart from the images. */
export interface JobInputs {
  hyperparameters: Hyperparameters;
  domain: Domain;
  /** The general model of the promotion. */
  general: { model: string; version: string };
  /** Of the general model; undefined for a baseline, which gets none. */
  manifest: Manifest | undefined;
}

/**
 * Reads hyperparameters, `domain.json` and, for transfer, the general model's manifest, and checks the
 * digests of the model's files.
 *
 * @throws NotFoundError when a file is missing
 * @throws InvalidInputError when one does not have the agreed form, or they contradict each other
 * @throws IntegrityError when a file of the general model is not what the manifest says
 */
export async function readInputs(paths: OptMl): Promise<JobInputs> {
  const hyperparameters = parseJson(
    hyperparametersSchema,
    await readText(paths.hyperparameters, 'hyperparameters.json'),
    'hyperparameters.json',
    'Set HyperParameters "mode" (transfer or baseline) and "domain" in CreateTrainingJob, and "model" and "version" too for a baseline.',
  );
  const domain = parseJson(
    domainSchema,
    await readText(join(paths.channel('domain'), 'domain.json'), 'domain.json (channel "domain")'),
    'domain.json',
  );
  if (domain.domain !== hyperparameters.domain) {
    throw new InvalidInputError(
      `The job is for domain "${hyperparameters.domain}", but its domain.json is of "${domain.domain}"`,
      { hint: 'Point channel "domain" at domains/<domain>/domain.json of the same domain.' },
    );
  }
  if (hyperparameters.mode === 'baseline') {
    const { model, version } = hyperparameters;
    return { hyperparameters, domain, general: { model, version }, manifest: undefined };
  }
  const folder = paths.channel('model');
  const manifest = parseJson(
    manifestSchema,
    await readText(join(folder, 'manifest.json'), 'manifest.json (channel "model")'),
    'manifest.json of the general model',
  );
  await verifyModelFolder(folder, manifest, 'Push the model again with `graft push`.');
  const { model, version } = manifest;
  return { hyperparameters, domain, general: { model, version }, manifest };
}

async function readText(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new NotFoundError(`${what} cannot be read at ${path}`, {
      cause,
      hint: 'Check the channels in InputDataConfig of CreateTrainingJob.',
    });
  }
}
