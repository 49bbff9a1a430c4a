/** Largest difference of two maintained clocks, in milliseconds; a clock that is further ahead is wrong. */
const CLOCK_TOLERANCE_MS = 5 * 60_000;

/**
 * The time of training, with which a version begins.
 *
 * @param version as `versionSchema` has it
 * @returns milliseconds since 1970
 */
export function versionTime(version: string): number {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/.exec(
    version,
  )!;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

/**
 * Whether a version lies after a moment at which its model already existed: the clock of the machine that
 * trained it was fast. A version that is no valid time (month 13) lies after every moment.
 *
 * @param at milliseconds since 1970, by a clock that can be trusted
 */
export function isFromTheFuture(version: string, at: number): boolean {
  const time = versionTime(version);
  return Number.isNaN(time) || time > at + CLOCK_TOLERANCE_MS;
}

/**
 * Whether the live model counts as newer than a version. A live version that lies after its own promotion
 * says nothing about its age: it counts as old as that promotion, so that a model that is trained later by a
 * right clock replaces it.
 */
export function isNewer(live: { version: string; promotedAt: string }, version: string): boolean {
  const promotedAt = Date.parse(live.promotedAt);
  return isFromTheFuture(live.version, promotedAt)
    ? promotedAt > versionTime(version)
    : live.version > version;
}
