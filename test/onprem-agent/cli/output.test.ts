import { describe, expect, it } from 'vitest';
import { createOutput } from '../../../onprem-agent/cli/output.ts';
import { formatAmount, formatDuration, renderBar } from '../../../onprem-agent/cli/progress-bar.ts';
import { fakeIo } from '../cli.ts';

describe('the bar', () => {
  it('shows share, notes, rate and time left', () => {
    const line = renderBar('train', { done: 50, total: 100, unit: 'img', notes: ['epoch 1/2'] }, 5, 120);

    expect(line).toBe(`train  ${'█'.repeat(12)}${'░'.repeat(12)}   50 %  epoch 1/2  10 img/s  00:05 left`);
  });

  it('shows the rate and time left that are given instead of its own', () => {
    const line = renderBar('x', { done: 1, total: 2, unit: 'img', rate: 412, secondsLeft: 21 }, 100, 120);

    expect(line).toContain('412 img/s  00:21 left');
  });

  it('never wraps, and survives a total of zero', () => {
    // Whole parts are left out, not letters.
    const narrow = renderBar(
      'train',
      { done: 1, total: 2, unit: 'img', rate: 412, notes: ['epoch 1/2'] },
      1,
      52,
    );
    expect(narrow).toMatch(/50 % {2}epoch 1\/2$/);
    expect(renderBar('x'.repeat(200), { done: 1, total: 2, unit: 'B' }, 1, 60)).toHaveLength(59);
    expect(renderBar('x', { done: 0, total: 0, unit: 'B' }, 0, 60)).toContain('0 %');
  });

  it.each([
    [21, '00:21'],
    [3725, '1:02:05'],
  ])('writes %d seconds as %s', (seconds, text) => expect(formatDuration(seconds)).toBe(text));

  it.each([
    [412.4, 'img', '412 img'],
    [1.25, 'img', '1.3 img'],
    [999, 'B', '999 B'],
    [412_400, 'B', '412.4 kB'],
    [5_000_000_000, 'B', '5.0 GB'],
  ])('writes %d %s as %s', (amount, unit, text) => expect(formatAmount(amount, unit)).toBe(text));
});

describe('output for people', () => {
  it('redraws one line on a terminal', () => {
    let now = 0;
    const { io, stderr, stdout } = fakeIo({ isTerminal: true, now: () => now });
    const progress = createOutput(io, false).progress('upload', 'upload');

    for (now = 0; now <= 1000; now += 10) progress.update({ done: now, total: 1000, unit: 'B' });
    progress.end();

    expect(stderr().split('\r')).toHaveLength(12);
    expect(stderr()).toContain('100 %');
    expect(stderr().endsWith('\n')).toBe(true);
    expect(stdout()).toBe('');
  });

  it('writes no control codes where there is no terminal', () => {
    let now = 0;
    const { io, stderr } = fakeIo({ now: () => now });
    const progress = createOutput(io, false).progress('upload', 'upload');

    for (now = 0; now <= 60_000; now += 100) progress.update({ done: now, total: 60_000, unit: 'B' });
    progress.end();

    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
    expect(stderr()).not.toMatch(/[\r\x1b]/);
    expect(stderr().trimEnd().split('\n')).toHaveLength(7);
  });
});

describe('output for machines', () => {
  it('is one JSON object a line on standard output, at most one progress event a second', () => {
    let now = 0;
    const { io, stderr, stdout } = fakeIo({ now: () => now });
    const output = createOutput(io, true);
    const progress = output.progress('upload', 'upload');

    for (now = 0; now <= 2500; now += 100) progress.update({ done: now, total: 2500, unit: 'B' });
    progress.end();
    output.warn({ id: 'a/b.png' }, 'left out');
    output.result({ uri: 's3://b/k' }, 's3://b/k');

    const events = stdout()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.map(({ event }) => event)).toEqual([
      'progress',
      'progress',
      'progress',
      'progress',
      'warning',
      'result',
    ]);
    expect(events[3]).toMatchObject({ of: 'upload', done: 2500 });
    expect(events[5]).toEqual({ event: 'result', ok: true, uri: 's3://b/k' });
    expect(stderr()).toBe('');
  });
});
