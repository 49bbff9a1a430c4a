import { type Champion, championSchema } from '#core/contracts/outcome.ts';
import { ChampionChangedError, SupersededError } from '#core/errors.ts';
import { championKey } from '#core/keys.ts';
import { isNewer } from '#core/versions.ts';
import type { Bucket } from '../aws/bucket.ts';

/** What is live in each domain. Only conditional writes change it. */
export function championsIn(bucket: Bucket) {
  /** The champion, with its ETag for the next conditional write; undefined before the first deployment. */
  async function find(domain: string): Promise<{ champion: Champion; etag: string } | undefined> {
    const found = await bucket.findVersion(championKey(domain), championSchema);
    return found && { champion: found.value, etag: found.etag };
  }

  return {
    find,

    /**
     * Writes the new champion if the record has not changed since `previousEtag` was read.
     *
     * @param previousEtag null when there was no champion
     * @returns false when it has changed; writing the same champion again is fine
     */
    async writeIfUnchanged(champion: Champion, previousEtag: string | null): Promise<boolean> {
      const condition = previousEtag === null ? { ifNoneMatch: '*' as const } : { ifMatch: previousEtag };
      if (await bucket.writeJsonIf(condition, championKey(champion.domain), champion)) return true;
      const found = await find(champion.domain);
      return found?.champion.endpointConfig === champion.endpointConfig;
    },
  };
}

/**
 * A model never replaces a newer one. It replaces its own version only where the domain was named, since its
 * data may be new.
 *
 * @param overruled training job of the one champion that it may replace all the same, since a person forces
 *   it
 * @throws SupersededError
 */
export function refuseSuperseded(
  champion: Champion | undefined,
  { domain, version, chosen }: { domain: string; version: string; chosen: boolean },
  overruled?: string | undefined,
): void {
  if (champion === undefined) return;
  if (isNewer(champion, version)) {
    if (champion.trainingJob === overruled) return;
    throw new SupersededError(
      `"${domain}" already serves ${champion.model} ${champion.version}, which is newer than ${version}`,
      {
        hint: 'Where that version is wrong, force this one with "domains" and "force" in the input, or roll the domain back (docs/promotion.md).',
      },
    );
  }
  if (champion.version === version && !chosen) {
    throw new SupersededError(`"${domain}" already serves ${champion.model} ${version}`, {
      hint: `To train it again on new data, start an execution with "domains": ["${domain}"].`,
    });
  }
}

/**
 * While a promotion waited for the domain's lock, another one may have gone live, with which the gate never
 * compared this one.
 *
 * @param compared what the gate compared with; nullish where no gate decided
 * @throws ChampionChangedError
 */
export function refuseUncompared(
  champion: Champion | undefined,
  { domain, compared }: { domain: string; compared?: { champion: string | null } | null | undefined },
): void {
  const live = champion?.trainingJob ?? null;
  if (compared == null || compared.champion === live) return;
  throw new ChampionChangedError(
    `"${domain}" now serves ${modelOf(live)}, but the gate compared with ${modelOf(compared.champion)}`,
  );
}

const modelOf = (trainingJob: string | null) =>
  trainingJob === null ? 'no model' : `the model of training job ${trainingJob}`;
