import { describe, expect, it } from 'vitest';
import { imageType, isLitter } from '#core/image-files.ts';

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

describe('the type of an image', () => {
  it.each([
    ['\xff\xd8\xff\xe0\x00\x10JFIF\x00', 'image/jpeg'],
    ['\xff\xd8\xff', 'image/jpeg'],
    ['\x89PNG\r\n\x1a\n\x00\x00\x00\r', 'image/png'],
    ['RIFF\x24\x00\x00\x00WEBPVP8 ', 'image/webp'],
  ])('shows in the first bytes: %j', (start, type) => {
    expect(imageType(bytes(start))).toBe(type);
  });

  it.each([
    ['nothing', ''],
    ['half a JPEG’s mark', '\xff\xd8'],
    ['a text', 'PNG'],
    ['a GIF', 'GIF89a\x01\x00\x01\x00'],
    ['a WAVE file', 'RIFF\x24\x00\x00\x00WAVEfmt '],
    ['an AVIF', '\x00\x00\x00\x1cftypavif'],
    ['an AppleDouble file', '\x00\x05\x16\x07\x00\x02\x00\x00'],
  ])('is none of %s', (_what, start) => {
    expect(imageType(bytes(start))).toBeUndefined();
  });
});
