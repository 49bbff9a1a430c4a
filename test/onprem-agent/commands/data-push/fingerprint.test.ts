import { expect, it } from 'vitest';
import { Fingerprint } from '../../../../onprem-agent/commands/data-push/fingerprint.ts';

const of = (texts: readonly string[]) => {
  const fingerprint = new Fingerprint();
  for (const text of texts) fingerprint.add(text);
  return fingerprint.toString();
};
const texts = Array.from({ length: 20_000 }, (_, index) => `train/apple/image-${index}.jpg\0${index % 7}`);

it('is the same in any order, and another one after any small change', () => {
  const whole = of(texts);

  expect(of(texts.toReversed())).toBe(whole);
  expect(of(texts.slice(1))).not.toBe(whole);
  expect(of([...texts.slice(1), `${texts[0]} `])).not.toBe(whole);
  // Two entries that swap what belongs to them.
  expect(of([`${texts[0]}1`, `${texts[1]}2`])).not.toBe(of([`${texts[0]}2`, `${texts[1]}1`]));
});

it('is different for each of many texts that hardly differ', () => {
  expect(new Set(texts.map((text) => of([text]))).size).toBe(texts.length);
  const words = texts.map((text) => of([text]).split('-').slice(1));
  for (let word = 0; word < 4; word++) {
    // Of 20,000 random words of 32 bits, 0.05 pairs are the same on average.
    expect(new Set(words.map((each) => each[word])).size).toBeGreaterThan(texts.length - 4);
  }
});
