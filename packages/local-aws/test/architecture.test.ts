import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const source = new URL('../src', import.meta.url).pathname;

/** The service that a file belongs to, by its folder. */
function serviceOf(path: string): string | undefined {
  return /^services\/([^/]+)\//.exec(path)?.[1];
}

interface Import {
  file: string;
  target: string;
}

/** Paths relative to `src`. */
function importsIn(file: string, text: string): Import[] {
  return [...text.matchAll(/\b(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map((match) => ({
    file,
    target: relative(source, join(source, dirname(file), match[1]!)),
  }));
}

/** Whether a service reaches into another one's folder. */
function isForbidden({ file, target }: Import): boolean {
  const [from, to] = [serviceOf(file), serviceOf(target)];
  if (from === undefined || to === undefined || from === to) return false;
  return target !== `services/${to}/seam.ts`;
}

describe('a service', () => {
  it('is used by other services through its API and its seam.ts only', () => {
    const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) =>
      /\.(ts|mjs)$/.test(file),
    );
    const imports = files.flatMap((file) => importsIn(file, readFileSync(join(source, file), 'utf8')));

    expect(imports.length).toBeGreaterThan(500);
    expect(imports.filter(isForbidden).map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
  });

  it.each([
    ['services/sns/deliver.ts', "import { Queue } from '../sqs/queue.ts';", true],
    ['services/sns/deliver.ts', "import { createSqs } from '../sqs/index.ts';", true],
    ['services/sns/deliver.ts', "export { roleMay } from '../iam/seam.ts';", false],
    ['services/sns/deliver.ts', "const sqs = await import('../sqs/queue.ts');", true],
    ['services/sns/deliver.ts', "import { Topics } from './topics.ts';", false],
    ['services/index.ts', "import { createSqs } from './sqs/index.ts';", false],
  ])('of %s: whether %s is forbidden is %s', (file, text, forbidden) => {
    expect(importsIn(file, text).map(isForbidden)).toEqual([forbidden]);
  });
});
