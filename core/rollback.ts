import type { Champion } from './contracts/outcome.ts';
import { NotFoundError } from './errors.ts';

/**
 * Which earlier champion a rollback goes to. Champions that were only put back count for nothing here, so that a second rollback goes
 * one further back instead of to the model that the first one took away.
 *
 * @param history everything that was ever live in the domain, in any order
 * @param toVersion the newest of this general model's version; without it, the one that was live before the present one was promoted
 * @throws NotFoundError naming what there is
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
  const since = promoted.find((champion) => champion.endpointConfig === live.endpointConfig) ?? live;
  const target = others.find((champion) => champion.promotedAt < since.promotedAt);
  if (target !== undefined) return target;
  throw new NotFoundError(
    `rollback: nothing was live in "${live.domain}" before ${live.model} ${live.version}`,
    { hint: listOf(others) },
  );
}

function listOf(champions: readonly Champion[]): string {
  if (champions.length === 0) return 'Nothing else has ever been live there.';
  const versions = [...new Set(champions.map(({ version }) => version))];
  return `What has been live there: ${versions.slice(0, 10).join(', ')}.`;
}
