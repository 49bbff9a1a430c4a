import { describe, expect, test } from 'vitest';
import { costOf, listPrices, readPrices } from '#core/prices.ts';

describe('prices', () => {
  test('an hour of one instance costs its price', () => {
    expect(costOf(listPrices, 'ml.m5.xlarge', 1, 3600)).toBe(0.23);
    expect(costOf(listPrices, 'ml.m5.xlarge', 2, 1800)).toBeCloseTo(0.23, 12);
  });

  test('a type that is not in the list has no price', () => {
    expect(costOf(listPrices, 'ml.x9.huge', 1, 3600)).toBeNull();
  });

  test("one's own prices take the place of the list, and never mix with it", () => {
    const own = readPrices('{"ml.c5.xlarge": 0.245}');

    expect(costOf(own, 'ml.c5.xlarge', 1, 3600)).toBe(0.245);
    expect(costOf(own, 'ml.m5.xlarge', 1, 3600)).toBeNull();
    expect(own.source).toContain('GRAFT_INSTANCE_PRICES');
  });

  test('without any the list says where and when it is from', () => {
    expect(readPrices('')).toMatchObject({
      region: 'us-east-1',
      recordedAt: expect.stringMatching(/^\d{4}-/),
    });
  });

  test.each(['{', '{"c5.xlarge": 1}', '{"ml.c5.xlarge": -1}', '{"ml.c5.xlarge": "1"}'])(
    'refuses %s by name',
    (text) => {
      expect(() => readPrices(text)).toThrow(/GRAFT_INSTANCE_PRICES is not/);
    },
  );
});
