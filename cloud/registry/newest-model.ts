import { nameSchema, versionSchema } from '#core/contracts/common.ts';
import { GraftError, NotFoundError } from '#core/errors.ts';
import type { SigningTrust } from '#core/signing-trust.ts';
import type { Bucket } from '../aws/bucket.ts';
import { type ModelVersion, verifyManifest } from './verify-manifest.ts';

export interface GeneralModel extends ModelVersion {
  /** When its manifest arrived, milliseconds since 1970. */
  committed: number;
}

/**
 * The committed general model with the greatest version, of any model name, whose manifest can be verified
 * (the content of its files is not). Versions begin with the time of training. Folders without a manifest are
 * unfinished uploads and are skipped.
 *
 * @param trust the keys of the agents whose models are accepted
 * @param onRefused called with each newer model that is skipped, and why
 * @returns undefined while there is none
 */
export async function findNewestModel(
  models: Bucket,
  trust: SigningTrust,
  onRefused: (refused: ModelVersion & { reason: string }) => void,
): Promise<GeneralModel | undefined> {
  const candidates: ModelVersion[] = [];
  for (const model of await models.folders('general/')) {
    if (!nameSchema.safeParse(model).success) continue;
    for (const version of await models.folders(`general/${model}/`)) {
      if (versionSchema.safeParse(version).success) candidates.push({ model, version });
    }
  }
  // Equal versions are ordered by the model's name, so that the same bucket always gives the same result.
  const order = ({ model, version }: ModelVersion) => `${version} ${model}`;
  candidates.sort((one, other) => (order(one) < order(other) ? 1 : -1));
  for (const candidate of candidates) {
    try {
      const { committed } = await verifyManifest(models, candidate, trust);
      return { ...candidate, committed };
    } catch (error) {
      if (!(error instanceof GraftError)) throw error;
      if (!(error instanceof NotFoundError)) onRefused({ ...candidate, reason: error.message });
    }
  }
  return undefined;
}
