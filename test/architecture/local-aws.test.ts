import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import manifest from 'local-aws/package.json' with { type: 'json' };
import { describe, expect, test } from 'vitest';
import rootManifest from '../../package.json' with { type: 'json' };

const root = new URL('../../packages/local-aws', import.meta.url).pathname;
const files = readdirSync(root, { withFileTypes: true, recursive: true })
  .filter((entry) => entry.isFile() && !entry.parentPath.includes('node_modules'))
  .map((entry) => join(entry.parentPath, entry.name));

describe('the package local-aws', () => {
  test('does not name this project, nor its files, errors and keys in S3', () => {
    const ours = /graft|GoldenMismatch|domain\.json|domains\/|general\//i;
    const naming = files.filter((file) => ours.test(readFileSync(file, 'utf8')) || ours.test(file));

    expect(files.length).toBeGreaterThan(300);
    expect(naming).toEqual([]);
  });

  test('has the versions of the root where both have a dependency, so that one copy is installed', () => {
    const all = ({ dependencies, devDependencies }: typeof manifest | typeof rootManifest) =>
      ({ ...dependencies, ...devDependencies }) as Record<string, string>;
    const ours = all(rootManifest);
    const shared = Object.entries(all(manifest)).filter(([name]) => ours[name] !== undefined);

    expect(shared.length).toBeGreaterThan(10);
    expect(shared.filter(([name, version]) => ours[name] !== version)).toEqual([]);
    expect(manifest.engines).toEqual(rootManifest.engines);
  });
});
