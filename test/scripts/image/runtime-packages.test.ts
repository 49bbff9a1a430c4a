import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildContainer } from '../../../scripts/build-container.ts';
import { repository } from '../../../scripts/fingerprint.ts';
import { runtimePackages } from '../../../scripts/image/runtime-packages.ts';

const readJson = async (file: string) => JSON.parse(await readFile(join(repository, file), 'utf8'));

describe('the packages of the image', () => {
  it('are those that its programs load, as the repository has locked them', async () => {
    await buildContainer();
    const made = await readJson('.build/image/package-lock.json');
    const lock = await readJson('package-lock.json');
    const wanted = await readJson('.build/image/package.json');

    expect(Object.keys(wanted.dependencies)).toEqual([
      '@tensorflow/tfjs-backend-cpu',
      '@tensorflow/tfjs-backend-wasm',
      '@tensorflow/tfjs-core',
      '@tensorflow/tfjs-layers',
      'onnxruntime-node',
      'pino',
      'sharp',
    ]);
    const { '': _, ...packages } = made.packages;
    const { 'node_modules/onnxruntime-node': runtime, ...others } = packages;
    for (const [path, locked] of Object.entries(others)) expect(locked, path).toEqual(lock.packages[path]);
    // Its install script has others, which are left out together with it.
    expect(runtime).toEqual({
      ...lock.packages['node_modules/onnxruntime-node'],
      dependencies: { 'onnxruntime-common': runtime.version },
    });
    expect(Object.keys(packages)).toContain('node_modules/onnxruntime-common');
    expect(Object.keys(packages)).toContain('node_modules/@img/sharp-linux-x64');
    expect(Object.keys(packages).filter((path) => /@aws-sdk|tsx|adm-zip|global-agent/.test(path))).toEqual(
      [],
    );
  });

  it('include what a package has for itself', async () => {
    const { 'package-lock.json': text } = await runtimePackages(['serverless']);
    const lock = await readJson('package-lock.json');
    const nested = Object.keys(JSON.parse(text).packages).filter(
      (path) => path.lastIndexOf('node_modules/') > 0,
    );

    expect(nested.length).toBeGreaterThan(0);
    for (const path of nested) expect(lock.packages).toHaveProperty([path]);
  });

  it('are an error where one is not locked', async () => {
    await expect(runtimePackages(['not-there'])).rejects.toThrow('"not-there"');
  });
});
