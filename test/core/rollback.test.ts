import { describe, expect, test } from 'vitest';
import type { Champion } from '#core/contracts/outcome.ts';
import { chooseRollbackTarget } from '#core/rollback.ts';
import { champion } from '../functions/samples.ts';

const versionOf = (day: number) => `202611${String(day).padStart(2, '0')}T000000Z-aaaaaa`;
/** What was promoted on a day of November, by default of that day's version. */
const promoted = (day: number, changes: Partial<Champion> = {}) =>
  champion(versionOf(day), {
    endpointConfig: `config-${day}`,
    promotedAt: `2026-11-${String(day).padStart(2, '0')}T00:00:00.000Z`,
    ...changes,
  });
const from = { version: versionOf(3), execution: 'x', endpointConfig: 'config-3', by: 'jane' };
const [one, two, three] = [promoted(1), promoted(2), promoted(3)];
/** On day 4 a rollback went back to the second. */
const back = { ...two, promotedAt: '2026-11-04T00:00:00.000Z', rolledBackFrom: from };

/** On day 5 another rollback undid that. */
const forward = {
  ...three,
  promotedAt: '2026-11-05T00:00:00.000Z',
  rolledBackFrom: { ...from, version: versionOf(2), endpointConfig: 'config-2' },
};
const fromTheFuture = promoted(2, { version: '20361102T000000Z-aaaaaa' });

describe('a rollback goes', () => {
  test.each<[string, Champion, Champion[], string | undefined, Champion]>([
    ['to the one before', three, [one, two, three], undefined, two],
    ['to the one before, in whichever order they come', three, [three, one, two], undefined, two],
    ['one further the second time', back, [one, two, three, back], undefined, one],
    ['past what was only put back', promoted(5), [one, two, back, promoted(5)], undefined, two],
    ['past what a person took away', promoted(5), [one, two, three, back, promoted(5)], undefined, two],
    [
      'to what a person took away and had promoted again',
      promoted(6),
      [one, two, three, back, { ...three, promotedAt: promoted(5).promotedAt }, promoted(6)],
      undefined,
      { ...three, promotedAt: promoted(5).promotedAt },
    ],
    [
      'to what a person took away and put back',
      promoted(6),
      [one, two, three, back, forward, promoted(6)],
      undefined,
      three,
    ],
    [
      'to the older one that a person went forward from',
      forward,
      [one, two, three, back, forward],
      undefined,
      two,
    ],
    ['past a version from the future', three, [one, fromTheFuture, three], undefined, one],
    [
      'to a version from the future by name',
      three,
      [one, fromTheFuture, three],
      fromTheFuture.version,
      fromTheFuture,
    ],
    [
      'to other data of the same version',
      promoted(3, { version: versionOf(2) }),
      [one, two, promoted(3, { version: versionOf(2) })],
      undefined,
      two,
    ],
    ['to the one before a champion of which there is no record', promoted(6), [one, two], undefined, two],
    ['to an older version by name', three, [one, two, three], versionOf(1), one],
    ['to a newer version by name', back, [one, two, three, back], versionOf(3), three],
    [
      'to the newest of a version',
      three,
      [one, promoted(2, { version: versionOf(1) }), three],
      versionOf(1),
      promoted(2, { version: versionOf(1) }),
    ],
  ])('%s', (_what, live, history, toVersion, target) => {
    expect(chooseRollbackTarget(live, history, toVersion)).toEqual(target);
  });

  test.each<[string, Champion[], string | undefined, RegExp]>([
    ['there was nothing before', [one], undefined, /nothing was live in "produce" before/],
    ['the version was never live', [one, three], versionOf(9), /no earlier champion of version 20261109/],
    ['the version is the one that is live', [one], versionOf(1), /no earlier champion/],
  ])('nowhere when %s', (_what, history, toVersion, message) => {
    expect(() => chooseRollbackTarget(one, history, toVersion)).toThrow(message);
  });
});
