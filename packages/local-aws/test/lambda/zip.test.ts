import { expect, test } from 'vitest';
import { readZip } from '../../src/services/lambda/zip.ts';
import { zipArchive } from '../zip-archive.ts';

const text = (archive: Buffer) =>
  readZip(archive, 'code.zip').map(({ path, content }) => [path, content.toString()]);

test('reads stored and deflated files, whatever comment follows', () => {
  const archive = zipArchive(
    [
      { path: 'functions/a.mjs', content: 'export const a = 1;'.repeat(100) },
      { path: 'b.txt', content: 'é', stored: true },
      { path: 'empty/', content: '', stored: true },
    ],
    'a comment PK\x05\x06 that looks like an end',
  );
  expect(text(archive)).toEqual([
    ['functions/a.mjs', 'export const a = 1;'.repeat(100)],
    ['b.txt', 'é'],
  ]);
});

const good = () => zipArchive([{ path: 'a.js', content: 'some content', stored: true }]);

test.each([
  ['cut short', () => good().subarray(0, 40), /no directory of files/],
  ['no archive', () => Buffer.from('<html>'), /no directory of files/],
  [
    'a changed byte',
    () => Buffer.from(good().toString('latin1').replace('some', 'same'), 'latin1'),
    /checksum/,
  ],
  ['a path upwards', () => zipArchive([{ path: '../../a.js', content: '' }]), /leaves the archive's root/],
  ['an absolute path', () => zipArchive([{ path: '/etc/a', content: '' }]), /leaves the archive's root/],
  ['a link', () => zipArchive([{ path: 'a', content: '/etc/passwd', mode: 0o120777 }]), /symbolic link/],
])('%s is refused by name', (_, archive, reason) => {
  expect(() => readZip(archive(), 'code.zip')).toThrow(/^code\.zip is not a usable zip archive/);
  expect(() => readZip(archive(), 'code.zip')).toThrow(reason);
});
