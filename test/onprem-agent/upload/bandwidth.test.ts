import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { minutesOfDay, parseBandwidth, rateAt } from '../../../onprem-agent/upload/bandwidth.ts';
import { currentRate, readBandwidth, writeBandwidth } from '../../../onprem-agent/upload/bandwidth-file.ts';
import { createThrottle } from '../../../onprem-agent/upload/throttle.ts';

const at = (text: string) => minutesOfDay(new Date(`2026-11-28T${text}:00`));

describe('a limit of bandwidth', () => {
  it.each([
    ['10M', '12:00', 10e6],
    ['1.5k', '12:00', 1500],
    ['unlimited', '12:00', Number.POSITIVE_INFINITY],
    ['08:00-18:00=10M,unlimited', '07:59', Number.POSITIVE_INFINITY],
    ['08:00-18:00=10M,unlimited', '08:00', 10e6],
    ['08:00-18:00=10M,unlimited', '18:00', Number.POSITIVE_INFINITY],
    ['22:00-06:00=unlimited, off', '23:00', Number.POSITIVE_INFINITY],
    ['22:00-06:00=unlimited, off', '05:59', Number.POSITIVE_INFINITY],
    ['22:00-06:00=unlimited, off', '06:00', 0],
    ['09:00-12:00=1M,11:00-13:00=2M', '11:30', 1e6],
    ['09:00-12:00=1M,11:00-13:00=2M', '14:00', Number.POSITIVE_INFINITY],
  ])('%s is at %s %d bytes a second', (text, time, rate) => {
    expect(rateAt(parseBandwidth(text), at(time))).toBe(rate);
  });

  it.each([
    ['', 'no rate'],
    ['fast', 'no rate'],
    ['0', 'no rate'],
    ['10MB', 'no rate'],
    ['10M,5M', 'a second rate without a period'],
    ['unlimited,08:00-18:00=10M', 'a period comes after'],
    ['8-18=10M', 'the period is not such as 08:00-18:00'],
    ['08:00-24:00=10M', 'the period is not such as 08:00-18:00'],
    ['08:00-08:00=10M', 'the period is empty'],
  ])('cannot be %j', (text, reason) => {
    expect(() => parseBandwidth(text, '--bandwidth')).toThrow(new RegExp(`^--bandwidth is .*${reason}`));
  });

  it('is the latest word: that of the command line, until the file is written after that', async () => {
    const state = await mkdtemp(join(tmpdir(), 'graft-bandwidth-'));
    let now = 0;
    const clock = { now: () => (now += 2000), date: () => new Date() };
    expect(readBandwidth(state).text).toBe('unlimited');
    await writeBandwidth(state, parseBandwidth('3M'));
    const asked = currentRate(state, parseBandwidth('1M'), clock);
    const unasked = currentRate(state, undefined, clock);
    expect([asked(), unasked()]).toEqual([1e6, 3e6]);

    await writeBandwidth(state, parseBandwidth('2M'));
    await utimes(join(state, 'bandwidth'), 1, 1);
    expect([asked(), unasked()]).toEqual([2e6, 2e6]);
    await writeFile(join(state, 'bandwidth'), 'very fast');
    expect([asked(), unasked()]).toEqual([2e6, 2e6]);
    expect(() => readBandwidth(state)).toThrow(/The limit in .* is "very fast"/);
    await rm(state, { recursive: true });
  });
});

describe('the throttle', () => {
  it('spaces chunks of all connections as the limit of that moment says', async () => {
    let [now, limit] = [0, 1e6];
    const signal = new AbortController().signal;
    const throttle = createThrottle({
      limit: () => limit,
      now: () => now,
      pause: async (milliseconds) => {
        now += milliseconds;
        if (limit === 0) limit = Number.POSITIVE_INFINITY;
      },
    });
    expect(throttle.chunkBytes()).toBe(62_500);
    for (let chunk = 0; chunk < 33; chunk++) await throttle.take(62_500, signal);
    expect(now).toBeCloseTo(2000);

    limit = 0;
    await throttle.take(1, signal);
    expect(now).toBeCloseTo(3000);
    expect(throttle.chunkBytes()).toBe(256 * 1024);
    limit = 100;
    expect(throttle.chunkBytes()).toBe(1024);
  });
});
