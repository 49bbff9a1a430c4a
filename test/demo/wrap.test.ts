import { execFileSync } from 'node:child_process';
import { styleText } from 'node:util';
import { expect, test } from 'vitest';
import { shownLength, wrap, wrapCommand } from '../../demo/wrap.ts';

test('a text that fits stays as it is', () => {
  expect(wrap('  a    b', 8)).toEqual(['  a    b']);
});

test('a long text breaks between words, and goes on indented', () => {
  expect(wrap('    ✓ accuracy   0.717 (at least 0.668)   (required ≥ 0.450)', 30)).toEqual([
    '    ✓ accuracy   0.717 (at',
    '      least 0.668)   (required',
    '      ≥ 0.450)',
  ]);
});

test('a word that is longer than a line stays whole', () => {
  expect(wrap('see s3://bucket/promotions/x/produce/report.html for more', 20)).toEqual([
    'see',
    '  s3://bucket/promotions/x/produce/report.html',
    '  for more',
  ]);
});

test('colours take no room', () => {
  const text = `  ${styleText('green', '✓')} passed`;
  expect(shownLength(text)).toBe(10);
  expect(wrap(text, 10)).toEqual([text]);
});

test('a command over several lines is the same command to a shell', () => {
  const words = ['printf', "'%s|'", "'a b'", '--input', `'{"model":"icons","domains":["produce"]}'`, 'end'];
  const lines = wrapCommand(words, 40);

  expect(lines.length).toBeGreaterThan(1);
  const run = (script: string) => execFileSync('sh', ['-c', script], { encoding: 'utf8' });
  expect(run(lines.join('\n'))).toBe(run(words.join(' ')));
});
