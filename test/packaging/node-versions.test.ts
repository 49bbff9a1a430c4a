import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

interface Package {
  engines?: { node: string };
  hasInstallScript?: boolean;
  deprecated?: string;
}
const json = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
const ours = json('package.json') as Package & { allowScripts: Record<string, boolean> };
const lock = json('package-lock.json') as { packages: Record<string, Package> };

test('the versions of Node that are promised are those of osls, in package.json and in the lock', () => {
  const osls = json('node_modules/serverless/package.json') as Package;

  expect(ours.engines).toEqual(osls.engines);
  expect(lock.packages['']?.engines).toEqual(ours.engines);
});

test('the workflow runs .ci/run on the oldest version of each line of Node that is promised', () => {
  const { test: job } = parse(readFileSync('.github/workflows/ci.yml', 'utf8')).jobs;
  const promised = ours.engines!.node.split(' || ').map((range) => {
    const [major, minor = '0', patch = '0'] = range.replace(/^(\^|>=)/, '').split('.');
    return [major, minor, patch].join('.');
  });

  expect(job.strategy.matrix.node).toEqual(promised);
  expect(job.steps.at(-1)).toEqual({ run: '.ci/run' });
});

test('every package with an install script is allowed or denied, so that no npm warns about it', () => {
  const withScripts = Object.entries(lock.packages)
    .filter(([path, { hasInstallScript }]) => path !== '' && hasInstallScript)
    .map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length));

  expect([...new Set(withScripts)].sort()).toEqual(Object.keys(ours.allowScripts).sort());
});

test('no package is deprecated, which npm would warn about', () => {
  const deprecated = Object.entries(lock.packages).filter(([, one]) => one.deprecated !== undefined);

  expect(deprecated.map(([path]) => path)).toEqual([]);
});
