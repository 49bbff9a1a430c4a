import type { Champion } from './contracts/outcome.ts';
import { NotFoundError } from './errors.ts';
import { isFromTheFuture } from './versions.ts';

/**
 * The earlier champion that a rollback goes to. Left out without `toVersion`:
 * - champions that a rollback put back, so that a second rollback goes one further back instead of to the
 *   model that the first one removed;
 * - champions that a person has rolled back from since their last promotion;
 * - versions that lie after their own promotion, because every later model would count as older.
 *
 * @param history all models that were ever live in the domain, in any order
 * @param toVersion chooses the newest champion of this general model version; without it, the champion before
 *   the present one's promotion
 * @throws NotFoundError naming the versions that there are
 */
export function chooseRollbackTarget(
  live: Champion,
  history: readonly Champion[],
  toVersion?: string,
): Champion {
  const promoted = history
    .filter((champion) => champion.rolledBackFrom === undefined)
    .sort((one, other) => (one.promotedAt < other.promotedAt ? 1 : -1));
  const others = promoted.filter((champion) => champion.endpointConfig !== live.endpointConfig);
  if (toVersion !== undefined) {
    const target = others.find((champion) => champion.version === toVersion);
    if (target !== undefined) return target;
    throw new NotFoundError(
      `rollback.toVersion: "${live.domain}" has no earlier champion of version ${toVersion}`,
      { hint: listOf(others) },
    );
  }
  const offered = others.filter(
    (champion) =>
      !isFromTheFuture(champion.version, Date.parse(champion.promotedAt)) &&
      !wasTakenAway(champion, history, promoted),
  );
  const since = promoted.find((champion) => champion.endpointConfig === live.endpointConfig) ?? live;
  const target = offered.find((champion) => champion.promotedAt < since.promotedAt);
  if (target !== undefined) return target;
  throw new NotFoundError(
    `rollback: nothing was live in "${live.domain}" before ${live.model} ${live.version}`,
    { hint: listOf(others) },
  );
}

/**
 * Whether the last rollback that concerned this champion since its promotion went from it to an older one.
 */
function wasTakenAway(
  champion: Champion,
  history: readonly Champion[],
  promoted: readonly Champion[],
): boolean {
  const config = champion.endpointConfig;
  const byHand = history
    .filter(
      ({ rolledBackFrom, promotedAt }) => rolledBackFrom !== undefined && promotedAt > champion.promotedAt,
    )
    .filter(({ rolledBackFrom, endpointConfig }) =>
      [rolledBackFrom!.endpointConfig, endpointConfig].includes(config),
    )
    .sort((one, other) => (one.promotedAt < other.promotedAt ? -1 : 1));
  const last = byHand.at(-1);
  if (last === undefined || last.endpointConfig === config) return false;
  const putBack = promoted.find(({ endpointConfig }) => endpointConfig === last.endpointConfig);
  return putBack === undefined || putBack.promotedAt < champion.promotedAt;
}

function listOf(champions: readonly Champion[]): string {
  if (champions.length === 0) return 'Nothing else has ever been live there.';
  const versions = [...new Set(champions.map(({ version }) => version))];
  return `What has been live there: ${versions.slice(0, 10).join(', ')}.`;
}
