import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readWheel, thisMachine, unpackWheel } from '../../../../onprem-agent/commands/backend/wheel.ts';
import { MACHINE, type WheelOptions, writeWheel } from './fake-wheel.ts';
import { contentOf } from './folder-content.ts';

let root: string;
let file: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'graft-wheel-'));
  file = join(root, 'tensorflow.whl');
});
afterEach(() => rm(root, { recursive: true, force: true }));

const read = async (options: WheelOptions = {}, machine = MACHINE) =>
  readWheel(await writeWheel(file, options), machine);

describe('a wheel', () => {
  it('says its version, what it is built for and how much is unpacked', async () => {
    const wheel = await read();

    expect(wheel).toMatchObject({ file, version: '2.21.0', build: 'cpu', cuda: [] });
    expect(wheel.bytes).toBe('the operationsthe framework// the interface'.length);
    expect(wheel.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it('of tensorflow names the packages of CUDA that it goes with', async () => {
    const requires = ['numpy>=1.26', 'nvidia-cublas-cu12<13.0,>=12.5.3.2; extra == "and-cuda"'];

    expect(await read({ name: 'tensorflow', requires })).toMatchObject({
      build: 'gpu',
      cuda: ['nvidia-cublas-cu12<13.0,>=12.5.3.2'],
    });
  });

  it('is unpacked only as far as the binding needs it', async () => {
    await unpackWheel(
      await read(),
      { libraries: join(root, 'lib'), headers: join(root, 'include') },
      { signal: new AbortController().signal },
    );

    expect(await contentOf(join(root, 'lib'))).toEqual({
      'tensorflow/libtensorflow_cc.so.2': 'the operations',
      'tensorflow/libtensorflow_framework.so.2': 'the framework',
    });
    expect(await contentOf(join(root, 'include'))).toEqual({
      'tensorflow/c/eager/c_api.h': '// the interface',
    });
  });
});

describe('a wheel that does not fit', () => {
  const about = (name: string) => `tensorflow_cpu-2.21.0.dist-info/${name}`;

  it.each([
    ['is no wheel', { without: [about('WHEEL')] }, 'is no Python wheel'],
    [
      'is one of another package',
      { name: 'numpy', version: '2.3.0', without: ['tensorflow/libtensorflow_cc.so.2'] },
      'is the wheel of numpy 2.3.0, and has no tensorflow/libtensorflow_cc.so.2',
    ],
    [
      'is for another processor',
      { tags: ['cp312-cp312-manylinux_2_27_aarch64'] },
      'is built for manylinux_2_27_aarch64, and this is linux x64',
    ],
    ['is for another system', { tags: ['cp312-cp312-macosx_12_0_arm64'] }, 'is built for macosx_12_0_arm64'],
    [
      'needs a newer system',
      { tags: ['cp312-cp312-manylinux_2_39_x86_64'] },
      'needs the GNU C library 2.39, and this machine has 2.36',
    ],
  ] as [string, WheelOptions, string][])('is refused because it %s', async (_why, options, message) => {
    await expect(read(options)).rejects.toThrow(message);
  });

  it('is refused because it is no ZIP file, or is not there', async () => {
    await writeFile(file, 'PK but not quite');
    await expect(readWheel(file, MACHINE)).rejects.toThrow('is no ZIP file');
    await expect(readWheel(join(root, 'none.whl'), MACHINE)).rejects.toThrow('There is no file');
  });

  it('fits with one of several tags, and with those of older names', async () => {
    const tags = ['cp312-cp312-manylinux2014_x86_64', 'cp312-cp312-manylinux_2_39_x86_64'];
    await expect(read({ tags })).resolves.toMatchObject({ version: '2.21.0' });
  });
});

it('this machine is described by what Node says', () => {
  expect(thisMachine()).toMatchObject({ platform: process.platform, architecture: process.arch });
});
