import { describe, expect, test } from 'vitest';
import {
  balanceWarnings,
  duplicateFindings,
  lateImages,
  type NamedImage,
  nearDuplicateWarnings,
  testSetProblems,
} from '#core/data-checks.ts';

const policy = { minimumAccuracy: 0.5, minimumUplift: 0, minimumTestImages: 1, significance: 0.05 };
const image = (path: string): NamedImage => {
  const [part, ...rest] = path.split('/');
  return { part: part as 'train', id: rest.join('/') };
};

describe('the test set must be able to show what the policy asks', () => {
  test.each([
    [5, {}, 0],
    [4, {}, 1],
    [4, { minimumUplift: -0.1 }, 0],
    [3, { minimumUplift: -0.1 }, 1],
    [34, { minimumAccuracy: 0.9 }, 1],
    [35, { minimumAccuracy: 0.9 }, 0],
    [381, { minimumAccuracy: 0.99 }, 0],
    [380, { minimumAccuracy: 0.99 }, 1],
    [100_000, { minimumAccuracy: 1 }, 1],
    [10, { minimumTestImages: 10 }, 0],
    [9, { minimumTestImages: 10 }, 1],
    [6, { significance: 2 ** -6 }, 0],
    [5, { significance: 2 ** -6 }, 1],
  ])('%i images, %j: %i problems', (images, changes, problems) => {
    expect(testSetProblems(images, { ...policy, ...changes })).toHaveLength(problems);
  });

  test('names the number that is needed', () => {
    expect(testSetProblems(20, { ...policy, minimumAccuracy: 0.9 })[0]).toMatch(/0\.9 .* at least 35$/);
  });
});

describe('images that arrived after domain.json', () => {
  // As many as `aws s3 sync` can bring, which sends domain.json first.
  const late = Array.from({ length: 500_000 }, (_, n) => ({
    ...image(`train/apple/${n}.jpg`),
    modified: 60_000 + n,
  }));

  test('are still arriving', () => {
    const { problems } = lateImages(late, 1_000, 600_000);
    expect(problems[0]).toMatch(/^500000 images .*More may be on their way/);
  });

  test('have arrived', () => {
    const { problems, warnings } = lateImages(late, 1_000, 86_400_000);
    expect(problems).toEqual([]);
    expect(warnings[0]).toMatch(/^500000 images .*put domain\.json there once more/);
  });
});

describe('balance', () => {
  test.each([
    [{ a: 10, b: 50 }, 0],
    [{ a: 10, b: 51 }, 1],
    [{ a: 10, b: 30, c: 51 }, 1],
    [{ a: 3 }, 0],
    [{}, 0],
  ])('%j: %i warnings', (counts, warnings) => {
    expect(balanceWarnings('train', new Map(Object.entries(counts)))).toHaveLength(warnings);
  });
});

describe('duplicates', () => {
  test.each<[string, string[], number, number]>([
    ['between train and test: an error', ['train/a/1', 'test/a/1'], 1, 0],
    ['within train: a warning', ['train/a/1', 'train/a/2'], 0, 1],
    ['within test: a warning', ['test/a/1', 'test/a/2'], 0, 1],
    ['under two labels: another warning', ['train/a/1', 'train/b/2'], 0, 2],
    ['between other and train: an error', ['train/a/1', 'other/1'], 1, 0],
    ['between other and test: an error', ['other/1', 'test/a/1'], 1, 0],
    ['within other: a warning', ['other/1', 'other/2'], 0, 1],
    ['an image of other has no label to contradict', ['train/a/1', 'train/a/2', 'other/b'], 1, 1],
    ['everything at once', ['train/a/1', 'train/a/2', 'test/b/1'], 1, 2],
  ])('%s', (_what, group, problems, warnings) => {
    const findings = duplicateFindings([group.map(image)]);

    expect(findings.problems).toHaveLength(problems);
    expect(findings.warnings).toHaveLength(warnings);
  });

  test('are named, the first five of them', () => {
    const groups = Array.from({ length: 7 }, (_, n) => [`train/a/${n}`, `test/b/${n}`].map(image));

    expect(duplicateFindings(groups).problems).toEqual([
      expect.stringMatching(
        /^7 images are in test\/ .*: test\/b\/0 is train\/a\/0, .*test\/b\/4 is train\/a\/4, and 2 more$/,
      ),
    ]);
  });

  test('there are none: nothing is said', () => {
    expect(duplicateFindings([])).toEqual({ problems: [], warnings: [] });
    expect(nearDuplicateWarnings([])).toEqual([]);
  });
});
