import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findWebgpuInstallation } from '#model/tensorflow/installation.ts';
import { createOutput } from '../../../../onprem-agent/cli/output.ts';
import { installWebgpu, webgpuSteps } from '../../../../onprem-agent/commands/backend/install-webgpu.ts';
import { fakeIo } from '../../cli.ts';

let root: string;
let home: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'graft-webgpu-'));
  home = join(root, '.tensorflow');
  // A native TensorFlow that is there stays.
  await mkdir(join(home, 'tensorflow-1'), { recursive: true });
  await writeFile(join(home, 'installed.json'), '{"folder":"tensorflow-1"}');
});
afterEach(() => rm(root, { recursive: true, force: true }));

const CHECK = { version: '0.6.2', gpu: 'Card 1', losses: [2.5, 2.5] as [number, number] };
const check = { ...CHECK, gradientDifference: 1e-6, weightDifference: 1e-6 };

function install(steps: Partial<typeof webgpuSteps> = {}, force = false) {
  const { io } = fakeIo({});
  const { signal } = new AbortController();
  const fetchPackages: typeof webgpuSteps.fetchPackages = async (folder) => {
    await mkdir(folder, { recursive: true });
  };
  return installWebgpu(
    { home, packages: join(root, 'carried'), force },
    { environment: {}, signal, output: createOutput(io, false) },
    { fetchPackages, verifyBackend: async () => check, ...steps },
  );
}

describe('graft backend install --webgpu', () => {
  it('takes of the package this platform’s files only, from the folder that was carried here', async () => {
    const fetchPackages = vi.fn(webgpuSteps.fetchPackages).mockResolvedValue();
    const { folder } = await install({ fetchPackages });
    const [to, [dawn], { from }] = fetchPackages.mock.calls[0]!;
    expect([to, from]).toEqual([join(folder, 'node_modules'), join(root, 'carried')]);
    expect(dawn!.files.test('dist/win32-x64/dxcompiler.dll')).toBe(process.platform === 'win32');
    expect(dawn!.files.test('build/postinstall.js')).toBe(false);
  });

  it('is there beside a native TensorFlow, and a second time only checked', async () => {
    const first = await install();
    expect(findWebgpuInstallation(home)).toEqual({ folder: first.folder, record: first.record });
    expect((await readdir(home)).sort()).toEqual(
      ['installed.json', 'tensorflow-1', first.record.folder, 'webgpu.json'].sort(),
    );
    expect(await install()).toMatchObject({ unchanged: true, folder: first.folder });
    expect(await install({}, true)).toMatchObject({ unchanged: false });
    expect(await readdir(home)).toHaveLength(4);
  });

  it('leaves nothing behind where no GPU trains as WebAssembly does', async () => {
    const verifyBackend = vi.fn().mockRejectedValue(new Error('no driver for Vulkan finds a GPU'));
    await expect(install({ verifyBackend })).rejects.toThrow('no driver for Vulkan');
    expect((await readdir(home)).sort()).toEqual(['installed.json', 'tensorflow-1']);
  });
});
