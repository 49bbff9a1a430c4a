import { describe, expect, test } from 'vitest';
import { requestSizeFindings } from '#core/golden-images.ts';

const sized = (images: Record<string, number>) => Object.entries(images).map(([id, size]) => ({ id, size }));

describe('the size of test images', () => {
  test('gives no warning where each class has an image that the endpoint takes', () => {
    const images = sized({ 'apple/1.png': 900, 'apple/2.png': 5000, 'pear/1.png': 1000 });
    expect(requestSizeFindings(images, 1000)).toEqual({ problems: [], warnings: [] });
  });

  test('is a warning where a class has none, naming its smallest', () => {
    const images = sized({ 'apple/1.png': 1002, 'apple/2.png': 1001, 'pear/1.png': 1000 });
    const { problems, warnings } = requestSizeFindings(images, 1000);
    expect(problems).toEqual([]);
    expect(warnings).toEqual([
      expect.stringMatching(
        /One class has no test image of at most 1000 bytes.*test\/apple\/2\.png: 1001 bytes/,
      ),
    ]);
  });

  test('is an error where no class has any, naming an image and the remedy', () => {
    const images = sized({ 'apple/1.png': 1002, 'pear/1.png': 1001 });
    const { problems, warnings } = requestSizeFindings(images, 1000);
    expect(warnings).toEqual([]);
    expect(problems).toEqual([
      expect.stringMatching(/larger than the 1000 bytes.*test\/apple\/1\.png, has 1002.*at least one/),
    ]);
  });
});
