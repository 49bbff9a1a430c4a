import { describe, expect, test } from 'vitest';

describe('comparing bytes', () => {
  test.each([
    ['buffers', Buffer.from('abc'), Buffer.from('abc'), true],
    ['buffers that differ', Buffer.from('abc'), Buffer.from('abd'), false],
    ['buffers of other lengths', Buffer.from('abc'), Buffer.from('ab'), false],
    ['parts of buffers', Buffer.from('xabc').subarray(1), Buffer.from('abcx').subarray(0, 3), true],
    ['the same bytes of another type', Uint8Array.of(0, 1), Uint16Array.of(256), false],
    ['numbers that are none', Float32Array.of(Number.NaN), Float32Array.of(Number.NaN), true],
  ])('tells whether %s are equal', (_what, a, b, equal) => {
    const compare = () => expect({ bytes: a }).toEqual({ bytes: b });

    if (equal) compare();
    else expect(compare).toThrow('to deeply equal');
  });

  test('does not look at each of many megabytes', () => {
    expect([Buffer.alloc(50_000_000, 1)]).toEqual([Buffer.alloc(50_000_000, 1)]);
  });
});
