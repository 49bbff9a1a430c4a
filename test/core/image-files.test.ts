import { describe, expect, it } from 'vitest';
import { hasImageEnding, imageType, isLitter } from '#core/image-files.ts';

const bytes = (text: string) => Buffer.from(text, 'latin1');

describe('litter', () => {
  it.each([
    ...['.DS_Store', '._apple.png', '.git', 'Icon\r', '__MACOSX'],
    ...['Thumbs.db', 'thumbs.db', 'ehthumbs.db', 'desktop.ini', 'Desktop.ini'],
    ...['$RECYCLE.BIN', '$Recycle.Bin', 'System Volume Information'],
    ...['@eaDir', '#recycle', '#snapshot', '@Recycle', 'lost+found'],
  ])('is %j', (name) => {
    expect(isLitter(name)).toBe(true);
  });

  it.each(['apple', 'apple.png', 'a.b', 'lost', 'recycle', 'thumbs.db.png', 'crème brûlée', 'constructor'])(
    'is not %j',
    (name) => {
      expect(isLitter(name)).toBe(false);
    },
  );
});

describe('a name', () => {
  it.each(['a.png', 'a.JPG', 'a.jpeg', 'a.b.webp', 'a.gif', 'ä.Avif'])('%s ends like an image’s', (name) => {
    expect(hasImageEnding(name)).toBe(true);
  });

  it.each(['png', 'a.txt', 'a.heic', 'a.png.gz', 'a.'])('%s does not end like an image’s', (name) => {
    expect(hasImageEnding(name)).toBe(false);
  });
});

describe('the type of an image', () => {
  it.each([
    ['\xff\xd8\xff\xe0\x00\x10JFIF\x00', 'image/jpeg'],
    ['\xff\xd8\xff', 'image/jpeg'],
    ['\x89PNG\r\n\x1a\n\x00\x00\x00\r', 'image/png'],
    ['RIFF\x24\x00\x00\x00WEBPVP8 ', 'image/webp'],
    ['GIF87a\x01\x00', 'image/gif'],
    ['GIF89a\x01\x00\x01\x00', 'image/gif'],
    ['\x00\x00\x00\x1cftypavif\0\0\0\0mif1avifmiaf', 'image/avif'],
    ['\x00\x00\x00\x18ftypmif1\0\0\0\0miafavif', 'image/avif'],
    ['\x00\x00\x00\x2cftypavis\0\0\0\0avifavis', 'image/avif'],
  ])('shows in the first bytes: %j', (start, type) => {
    expect(imageType(bytes(start))).toBe(type);
  });

  it.each([
    ['nothing', ''],
    ['half a JPEG’s mark', '\xff\xd8'],
    ['a text', 'PNG'],
    ['a GIF of no version', 'GIF90a\x01\x00\x01\x00'],
    ['a WAVE file', 'RIFF\x24\x00\x00\x00WAVEfmt '],
    ['a HEIC', '\x00\x00\x00\x18ftypheic\0\0\0\0mif1heic'],
    ['a video', '\x00\x00\x00\x18ftypmp42\0\0\0\0isommp42'],
    ['a box that ends before its brand', '\x00\x00\x00\x0aftypavif'],
    ['an AppleDouble file', '\x00\x05\x16\x07\x00\x02\x00\x00'],
  ])('is none of %s', (_what, start) => {
    expect(imageType(bytes(start))).toBeUndefined();
  });
});
