/** Two clocks that are looked after differ by less, in milliseconds; one that is further ahead is wrong. */
const CLOCK_TOLERANCE_MS = 5 * 60_000;

/**
 * The time of training that a version begins with.
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
 * Whether a version lies after a moment at which its model was there already: then it was trained on a machine whose clock was fast. A
 * version that is no time at all (month 13) lies after every moment.
 *
 * @param at milliseconds since 1970, by a clock that can be trusted
 */
export function isFromTheFuture(version: string, at: number): boolean {
  const time = versionTime(version);
  return Number.isNaN(time) || time > at + CLOCK_TOLERANCE_MS;
}

/**
 * Whether what is live counts as newer than a version. A live version that lies after its own promotion says nothing about its age; it is as
 * old as that promotion, so that what is trained later by a right clock takes its place.
 */
export function isNewer(live: { version: string; promotedAt: string }, version: string): boolean {
  const promotedAt = Date.parse(live.promotedAt);
  return isFromTheFuture(live.version, promotedAt)
    ? promotedAt > versionTime(version)
    : live.version > version;
}
