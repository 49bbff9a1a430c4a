import { type Champion, championSchema } from '#core/contracts/outcome.ts';
import type { RollbackInput } from '#core/contracts/promotion.ts';
import type { Rollback } from '#core/contracts/promotion-state.ts';
import { NotFoundError } from '#core/errors.ts';
import { championHistoryKey, championHistoryPrefix } from '#core/keys.ts';
import { chooseRollbackTarget } from '#core/rollback.ts';
import type { Bucket } from '../aws/bucket.ts';
import { championsIn } from './champions.ts';

/** Every model that has ever been live in a domain. */
export function championHistoryIn(bucket: Bucket) {
  /** Keys of all entries, oldest first: each begins with the time of its promotion. */
  async function keys(domain: string): Promise<string[]> {
    const found: string[] = [];
    for await (const { key } of bucket.list(championHistoryPrefix(domain))) found.push(key);
    return found;
  }

  /** One entry; undefined when it has been removed. */
  const read = (key: string): Promise<Champion | undefined> => bucket.findJson(key, championSchema);

  /**
   * What has ever been live in a domain, oldest first.
   *
   * @param newest how many of the newest are wanted; all of them by default
   */
  async function list(domain: string, newest = Number.POSITIVE_INFINITY): Promise<Champion[]> {
    const history: Champion[] = [];
    for (const key of (await keys(domain)).slice(-newest)) {
      const found = await read(key);
      if (found !== undefined) history.push(found);
    }
    return history;
  }

  return {
    keys,
    read,
    list,

    /** Adds a champion. The same one twice is one entry. */
    add(champion: Champion): Promise<void> {
      const { domain, promotedAt, version } = champion;
      return bucket.writeJson(championHistoryKey(domain, promotedAt, version), champion);
    },

    /**
     * What a rollback goes from and to.
     *
     * @throws NotFoundError naming the field, when nothing is live or no earlier champion fits
     */
    async findRollback({ domain, toVersion, by, reason }: RollbackInput['rollback']): Promise<Rollback> {
      const live = await championsIn(bucket).find(domain);
      if (live === undefined) {
        throw new NotFoundError(
          `rollback.domain: nothing is live in "${domain}", so nothing can be rolled back`,
          {
            hint: 'Check the name of the domain, and that this is the deployment in which a model was promoted to it.',
          },
        );
      }
      const { version, execution, endpointConfig } = live.champion;
      return {
        from: { version, execution, endpointConfig, by, ...(reason === undefined ? {} : { reason }) },
        target: chooseRollbackTarget(live.champion, await list(domain), toVersion),
      };
    },
  };
}
