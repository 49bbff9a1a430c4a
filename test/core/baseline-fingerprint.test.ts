import { describe, expect, test } from 'vitest';
import { baselineFingerprint, domainFingerprint } from '#core/baseline-fingerprint.ts';
import { domainSchema } from '#core/contracts/domain.ts';
import { domain } from '../functions/samples.ts';

const images = [
  { key: 'domains/produce/train/apple/1.png', size: 10, etag: 'a' },
  { key: 'domains/produce/test/apple/2.png', size: 20, etag: 'b' },
];
const of = (recipe: object, labels = ['apple', 'banana'], listed = images) =>
  domainFingerprint(domainSchema.parse(domain({ recipe, labels })), listed);

describe('what the domain brings to its baseline', () => {
  test('is the same in whatever order the images are listed and the recipe is written', () => {
    expect(of({ seed: 2, epochs: 3 }, undefined, images.toReversed())).toBe(of({ epochs: 3, seed: 2 }));
  });

  test.each([
    ['a spot instance', { spot: true }],
    ['another limit of time', { maxSeconds: 120 }],
    ['a default that is written out', { seed: 1 }],
  ])('does not change with %s', (_what, recipe) => {
    expect(of(recipe)).toBe(of({}));
  });

  test.each([
    ['the seed', { seed: 2 }],
    ['the augmentation', { augmentation: 3 }],
    ['the epochs', { epochs: 3 }],
    ['the share for validation', { validationShare: 0.3 }],
    ['the instance', { instanceType: 'ml.m5.large' }],
  ])('changes with %s', (_what, recipe) => {
    expect(of(recipe)).not.toBe(of({}));
  });

  test.each([
    ['one more image', [...images, { key: 'domains/produce/test/apple/3.png', size: 1, etag: 'c' }]],
    ['one fewer', images.slice(1)],
    ['other bytes', [{ ...images[0]!, etag: 'c' }, images[1]!]],
    ['another name', [{ ...images[0]!, key: 'domains/produce/train/banana/1.png' }, images[1]!]],
  ])('changes with %s', (_what, listed) => {
    expect(of({}, undefined, listed)).not.toBe(of({}));
  });

  test('changes with the order of the labels, which is that of the network’s outputs', () => {
    expect(of({}, ['banana', 'apple'])).not.toBe(of({}));
  });
});

describe('what a baseline depends on', () => {
  test('is what the domain brings and the container', () => {
    const own = of({});
    const fingerprints = [
      baselineFingerprint(own, 'graft:1'),
      baselineFingerprint(own, 'graft:2'),
      baselineFingerprint(of({ seed: 2 }), 'graft:1'),
    ];

    expect(new Set(fingerprints).size).toBe(3);
    expect(baselineFingerprint(of({}), 'graft:1')).toBe(fingerprints[0]);
  });
});
