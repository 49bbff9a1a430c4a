import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { layoutOf } from '#model/tensorflow/installation.ts';
import { fetchBinding } from '../../../../onprem-agent/commands/backend/binding-packages.ts';
import { compileBinding } from '../../../../onprem-agent/commands/backend/compile.ts';
import { downloadWheels } from '../../../../onprem-agent/commands/backend/pip.ts';
import { runProgram } from '../../../../onprem-agent/commands/backend/run-program.ts';
import { verifyBackend } from '../../../../onprem-agent/commands/backend/verify.ts';
import { programs } from './programs.ts';

let root: string;
let interruption: AbortController;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'graft-programs-'));
  interruption = new AbortController();
});
afterEach(() => rm(root, { recursive: true, force: true }));

const context = async (scripts: Record<string, string>) => ({
  environment: { ...(await programs(join(root, 'bin'), scripts)), ROOT: root },
  signal: interruption.signal,
});

describe('a program that is run', () => {
  const run = async (script: string, onLine?: (line: string) => void) =>
    runProgram({
      command: 'tool',
      args: ['one'],
      folder: root,
      ...(await context({ tool: script })),
      ...(onLine ? { onLine } : {}),
      hint: 'Do this.',
    });

  it('gives its output, and each line as it comes', async () => {
    const lines: string[] = [];
    expect(await run('echo $1; echo two >&2', (line) => lines.push(line))).toBe('one\n');
    expect(lines.sort()).toEqual(['one', 'two']);
  });

  it('fails with its last lines and a remedy', async () => {
    await expect(run('echo "no such header" >&2; exit 3')).rejects.toMatchObject({
      name: 'BackendInstallation',
      message: '"tool" failed with exit code 3:\n  no such header',
      hint: 'Do this.',
    });
  });

  it('is named when it is not there', async () => {
    const { environment, signal } = await context({});
    const attempt = runProgram({
      command: 'tool',
      args: [],
      folder: root,
      environment,
      signal,
      hint: 'Do this.',
    });
    await expect(attempt).rejects.toThrow('"tool" cannot be run');
  });

  it('is ended with all that it has started on Ctrl-C', async () => {
    const started = (line: string) => {
      if (line.startsWith('child')) interruption.abort(new Error('Ctrl-C'));
    };
    let child = 0;
    const attempt = run('/bin/sleep 600 & echo child $!; wait', (line) => {
      child = Number(line.split(' ')[1]);
      started(line);
    });
    await expect(attempt).rejects.toThrow('Ctrl-C');
    // Killed, or killed and not yet collected by the system's first process.
    const state = await readFile(`/proc/${child}/stat`, 'utf8').catch(() => `${child} (sleep) Z`);
    expect(state).toMatch(/\) [ZX]/);
  });
});

describe('fetching the packages', () => {
  it('refuses what is not the pinned file', async () => {
    const npm = 'while [ "$1" != --pack-destination ]; do shift; done; echo other > "$2/tfjs.tgz"';
    await expect(fetchBinding(join(root, 'node_modules'), await context({ npm }))).rejects.toThrow(
      'What npm gave as @tensorflow/tfjs-node-gpu 4.22.0 is not the file that Graft knows',
    );
  });

  it('takes them from a folder without npm, and names what is missing there', async () => {
    const from = join(root, 'carried');
    await mkdir(from);
    await writeFile(join(from, 'tfjs.tgz'), 'another file');
    const attempt = fetchBinding(join(root, 'node_modules'), { ...(await context({})), from });
    await expect(attempt).rejects.toMatchObject({
      name: 'InvalidInput',
      message: `@tensorflow/tfjs-node-gpu 4.22.0 is not in "${from}", or not as Graft knows it`,
      hint: expect.stringContaining('npm pack @tensorflow/tfjs-node-gpu@4.22.0'),
    });
  });

  it('fails with what npm says', async () => {
    const npm = 'echo "npm error 404" >&2; exit 1';
    await expect(fetchBinding(join(root, 'node_modules'), await context({ npm }))).rejects.toThrow(
      'npm error 404',
    );
  });
});

describe('downloading wheels', () => {
  const progress = { update() {}, end() {} };
  const download = async (python3: string) =>
    downloadWheels('python3', ['tensorflow-cpu==2.21.*'], join(root, 'downloads'), {
      ...(await context({ python3 })),
      progress,
    });

  it('gives what pip has downloaded', async () => {
    const files = await download('echo "$@" > "$ROOT/arguments"; : > tensorflow_cpu.whl; : > pip.log');

    expect(files).toEqual([join(root, 'downloads', 'tensorflow_cpu.whl')]);
    const words = await readFile(join(root, 'arguments'), 'utf8');
    expect(words).toContain('-m pip download');
    expect(words).toContain('--no-deps --only-binary=:all:');
    expect(words).toContain('tensorflow-cpu==2.21.*');
  });

  it('takes those for another Python where there are none for the one that is here', async () => {
    const files = await download(
      'case "$*" in *--python-version*) : > tensorflow_cpu.whl;; *) echo "ERROR: No matching distribution found" >&2; exit 1;; esac',
    );
    expect(files).toEqual([join(root, 'downloads', 'tensorflow_cpu.whl')]);
  });

  it('fails with what pip says, and another way', async () => {
    await expect(download('echo "ERROR: no route to host" >&2; exit 1')).rejects.toMatchObject({
      message: expect.stringContaining('no route to host'),
      hint: expect.stringContaining('--wheel'),
    });
  });
});

describe('compiling the binding', () => {
  it('fails with what the compiler says', async () => {
    const attempt = compileBinding(root, join(root, 'include'), {
      ...(await context({ 'g++': 'echo "fatal error: c_api.h" >&2; exit 1' })),
      compiler: 'g++',
    });
    await expect(attempt).rejects.toThrow('fatal error: c_api.h');
  });

  it("looks for libraries relative to itself, NVIDIA's included", async () => {
    await mkdir(join(layoutOf(root).libraries, 'nvidia', 'cudnn', 'lib'), { recursive: true });
    await compileBinding(root, join(root, 'include'), {
      ...(await context({ 'g++': 'echo "$@" > "$ROOT/arguments"' })),
      compiler: 'g++',
    });
    const words = await readFile(join(root, 'arguments'), 'utf8');
    expect(words).toContain('-Wl,-rpath,$ORIGIN/site-packages/tensorflow');
    expect(words).toContain('-Wl,-rpath,$ORIGIN/site-packages/nvidia/cudnn/lib');
  });
});

describe('checking the backend', () => {
  it('fails when the binding does not load, with the reason', async () => {
    await writeFile(layoutOf(root).binding, 'no library');
    const attempt = verifyBackend(
      { folder: root, kind: 'tensorflow' },
      { environment: process.env, signal: interruption.signal },
    );
    await expect(attempt).rejects.toMatchObject({
      name: 'BackendInstallation',
      message: expect.stringMatching(/tfjs_binding\.node: (file too short|invalid ELF header)/),
    });
  });
});
