import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findInstallation, layoutOf } from '#model/tensorflow/installation.ts';
import { createOutput } from '../../../../onprem-agent/cli/output.ts';
import {
  type InstallRequest,
  type InstallSteps,
  installBackend,
} from '../../../../onprem-agent/commands/backend/install.ts';
import { fakeIo } from '../../cli.ts';
import { MACHINE, type WheelOptions, writeWheel } from './fake-wheel.ts';
import { contentOf } from './folder-content.ts';
import { programs } from './programs.ts';

let root: string;
let home: string;
let environment: NodeJS.ProcessEnv;
let interruption: AbortController;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'graft-backend-'));
  home = join(root, '.tensorflow');
  environment = await programs(join(root, 'bin'), { 'g++': '', npm: '', python3: '' });
  interruption = new AbortController();
});
afterEach(() => rm(root, { recursive: true, force: true }));

const CHECK = {
  version: '2.21.0',
  losses: [2.5, 2.5],
  gradientDifference: 1e-6,
  weightDifference: 1e-6,
} as const;

/** Steps that leave what the real ones leave, as far as it matters here. */
function steps(overrides: Partial<InstallSteps> = {}, download: WheelOptions = {}): InstallSteps {
  return {
    freeBytes: async () => 1e12,
    downloadWheels: async (_python, _requirements, folder, { progress }) => {
      await mkdir(folder, { recursive: true });
      progress.end();
      return [await writeWheel(join(folder, 'tensorflow_cpu.whl'), download)];
    },
    installCuda: async (_wheel, folder) => {
      const libraries = join(layoutOf(folder).libraries, 'nvidia', 'cudnn', 'lib');
      await mkdir(libraries, { recursive: true });
      await writeFile(join(libraries, 'libcudnn.so.9'), 'cudnn');
    },
    fetchBinding: async (folder) => {
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, 'package'), 'scripts');
    },
    compileBinding: (folder) => writeFile(layoutOf(folder).binding, 'binding'),
    verifyBackend: async () => ({ ...CHECK, losses: [2.5, 2.5] }),
    ...overrides,
  };
}

function install(request: Partial<InstallRequest> = {}, with_: InstallSteps = steps()) {
  const { io } = fakeIo({ environment, signal: interruption.signal });
  return installBackend(
    { home, build: 'cpu', force: false, ...request },
    { environment, signal: interruption.signal, output: createOutput(io, false), machine: MACHINE },
    with_,
  );
}

describe('graft backend install', () => {
  it('leaves libraries, scripts and binding where the backend is looked for, and nothing else', async () => {
    const { installation } = await install();

    expect(findInstallation(home)).toEqual(installation);
    expect(await contentOf(installation.folder)).toEqual({
      'node_modules/package': 'scripts',
      'site-packages/tensorflow/libtensorflow_cc.so.2': 'the operations',
      'site-packages/tensorflow/libtensorflow_framework.so.2': 'the framework',
      'tfjs_binding.node': 'binding',
    });
    expect((await readdir(home)).sort()).toEqual(['installed.json', installation.record.folder]);
    expect(installation.record.tensorflow).toMatchObject({ version: '2.21.0', build: 'cpu' });
  });

  it('needs no pip for a wheel that is given', async () => {
    environment = await programs(join(root, 'no-python'), { 'g++': '', npm: '' });
    const wheel = await writeWheel(join(root, 'given.whl'), { version: '2.22.1' });

    const { installation } = await install({ wheel });

    expect(installation.record.tensorflow).toMatchObject({ version: '2.22.1', wheel: 'given.whl' });
    await rm(wheel);
    expect(findInstallation(home)).toEqual(installation);
  });

  it('does nothing but check when the same is there and works', async () => {
    const first = await install();
    const before = await contentOf(home);
    const forbidden = vi.fn().mockRejectedValue(new Error('not needed'));

    const again = await install({}, steps({ downloadWheels: forbidden, compileBinding: forbidden }));

    expect(again).toMatchObject({ unchanged: true, installation: first.installation });
    expect(forbidden).not.toHaveBeenCalled();
    expect(await contentOf(home)).toEqual(before);
  });

  it.each([
    ['it is forced', { force: true }, () => steps()],
    ['the wheel is another one', { wheel: 'another.whl' }, () => steps()],
    [
      'what is there does not work any more',
      {},
      () =>
        steps({
          verifyBackend: vi
            .fn()
            .mockRejectedValueOnce(new Error('Illegal instruction'))
            .mockResolvedValue(CHECK),
        }),
    ],
  ] as [string, Partial<InstallRequest>, () => InstallSteps][])(
    'replaces what is there when %s, and removes it',
    async (_case, { wheel, ...request }, makeSteps) => {
      const first = await install();
      const file = wheel && (await writeWheel(join(root, wheel), { version: '2.22.0' }));

      const second = await install({ ...request, ...(file ? { wheel: file } : {}) }, makeSteps());

      expect(second.unchanged).toBe(false);
      expect(second.installation.folder).not.toBe(first.installation.folder);
      expect((await readdir(home)).sort()).toEqual(['installed.json', second.installation.record.folder]);
    },
  );

  it('adds the libraries of CUDA for a GPU', async () => {
    const { installation } = await install({ build: 'gpu' }, steps({}, { name: 'tensorflow' }));

    expect(await contentOf(installation.folder)).toHaveProperty([
      'site-packages/nvidia/cudnn/lib/libcudnn.so.9',
    ]);
    expect(installation.record.tensorflow.build).toBe('gpu');
  });
});

const failure = () => Promise.reject(new Error('it failed'));
const interrupted = async () => {
  interruption.abort(new Error('Ctrl-C'));
  interruption.signal.throwIfAborted();
};
/** As programs behave that finish although they were told to stop. */
const interruptedTooLate =
  (step: keyof InstallSteps) =>
  async (...args: unknown[]) => {
    const result = await (steps()[step] as (...args: unknown[]) => unknown)(...args);
    interruption.abort(new Error('Ctrl-C'));
    return result;
  };

const STEPS = ['downloadWheels', 'installCuda', 'fetchBinding', 'compileBinding', 'verifyBackend'] as const;

describe.each(['nothing was installed', 'another one was installed'])('when %s', (before) => {
  let content: Record<string, string>;
  beforeEach(async () => {
    if (before !== 'nothing was installed') await install();
    content = await contentOf(home);
  });

  const expectUntouched = async () => {
    expect(await contentOf(home)).toEqual(content);
    if (before === 'nothing was installed') expect(await readdir(root)).not.toContain('.tensorflow');
  };

  const gpu = { build: 'gpu', force: true } as const;

  it.each(STEPS)('everything is as it was after a failure of %s', async (step) => {
    await expect(install(gpu, steps({ [step]: failure }, { name: 'tensorflow' }))).rejects.toThrow(
      'it failed',
    );
    await expectUntouched();
  });

  it.each(STEPS)('everything is as it was after Ctrl-C in %s', async (step) => {
    await expect(install(gpu, steps({ [step]: interrupted }, { name: 'tensorflow' }))).rejects.toThrow(
      'Ctrl-C',
    );
    await expectUntouched();
  });

  it('everything is as it was after Ctrl-C at the last moment', async () => {
    const late = steps({ verifyBackend: interruptedTooLate('verifyBackend') as never });
    await expect(install({ force: true }, late)).rejects.toThrow('Ctrl-C');
    await expectUntouched();
  });

  it('everything is as it was when the wheel is damaged', async () => {
    const wheel = await writeWheel(join(root, 'damaged.whl'));
    const bytes = await readFile(wheel);
    bytes[bytes.indexOf('the operations')]! ^= 1;
    await writeFile(wheel, bytes);

    await expect(install({ wheel, force: true })).rejects.toThrow('"tensorflow/libtensorflow_cc.so.2" in');
    await expectUntouched();
  });

  it('everything is as it was when the disk has no room', async () => {
    const full = steps({ freeBytes: async () => 1e6 });
    await expect(install({ force: true }, full)).rejects.toThrow('1.2 GB are needed, 1.0 MB are free');
    await expectUntouched();
  });

  it.each([
    ['compiler', { npm: '', python3: '' }, 'There is no C++ compiler'],
    ['npm', { 'g++': '', python3: '' }, 'There is no npm'],
    ['pip', { 'g++': '', npm: '', python3: 'exit 1' }, 'There is no Python with pip'],
  ])('everything is as it was when there is no %s, which is named', async (_what, scripts, message) => {
    environment = await programs(join(root, 'fewer'), scripts);
    await expect(install({ force: true })).rejects.toThrow(message);
    await expectUntouched();
  });

  it('a process that was killed leaves nothing that the next one does not remove', async () => {
    await mkdir(join(home, 'tensorflow-killed'), { recursive: true });
    await writeFile(join(home, 'tensorflow-killed', 'half'), '');
    await writeFile(join(home, 'lock'), String(2 ** 30));

    await expect(install({ force: true }, steps({ compileBinding: failure }))).rejects.toThrow('it failed');
    await expectUntouched();
  });

  it('a second process at the same time is refused', async () => {
    await mkdir(home, { recursive: true });
    await writeFile(join(home, 'lock'), String(process.pid));

    await expect(install({ force: true })).rejects.toThrow(`Another process (${process.pid})`);
    expect(await readFile(join(home, 'lock'), 'utf8')).toBe(String(process.pid));
  });
});

describe('what cannot be installed', () => {
  it('is a wheel for the CPU for a GPU', async () => {
    const wheel = await writeWheel(join(root, 'cpu.whl'));
    await expect(install({ wheel, build: 'gpu' })).rejects.toThrow('is a TensorFlow for the CPU only');
    expect(await readdir(root)).not.toContain('.tensorflow');
  });

  it.each([
    [{ platform: 'darwin', architecture: 'arm64', glibc: undefined } as const, 'not on darwin arm64'],
    [{ platform: 'linux', architecture: 'x64', glibc: undefined } as const, 'without the GNU C library'],
    [{ platform: 'linux', architecture: 'riscv64', glibc: '2.36' } as const, 'not on linux riscv64'],
  ])('is anything on %j', async (machine, message) => {
    const { io } = fakeIo();
    const attempt = installBackend(
      { home, force: false },
      { environment, signal: interruption.signal, output: createOutput(io, false), machine },
      steps(),
    );
    await expect(attempt).rejects.toThrow(message);
  });
});
