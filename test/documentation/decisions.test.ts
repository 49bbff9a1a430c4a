import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from './sources.ts';

const folder = join(root, 'docs/decisions');

test('the index of the decisions lists every record once, by its title', () => {
  const records = readdirSync(folder).filter((name) => name.endsWith('.md') && name !== 'README.md');
  const titles = records.map((name) => {
    const [title] = readFileSync(join(folder, name), 'utf8').split('\n');
    return `[${title!.replace(/^# /, '')}](${name})`;
  });

  const index = readFileSync(join(folder, 'README.md'), 'utf8');
  const listed = [...index.matchAll(/^- (\[.*?\]\([\w.-]+\))/gm)].map(([, entry]) => entry);

  expect(listed.sort()).toEqual(titles.sort());
});
