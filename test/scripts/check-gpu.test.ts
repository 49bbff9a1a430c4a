import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noSwiftShader, swiftShader } from '../model/tensorflow/webgpu/swiftshader.ts';

let root: string;
let folder: string;

const title = `the folder of npm run check:gpu${noSwiftShader ? ` (${noSwiftShader})` : ''}`;

/** Runs it as on a machine that has Node only. */
function run(environment: NodeJS.ProcessEnv, ...options: string[]) {
  const program = join(folder, 'check-gpu.mjs');
  const done = spawnSync(process.execPath, [program, '--short', '--seconds', '0.01', ...options], {
    cwd: root,
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/bin', ...environment },
  });
  return { code: done.status, report: JSON.parse(done.stdout) };
}

describe.skipIf(noSwiftShader)(title, { timeout: 900_000 }, () => {
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'graft-check-gpu-'));
    folder = join(root, 'carried');
    const made = spawnSync(
      process.execPath,
      ['--import', 'tsx', 'scripts/check-gpu.ts', '--out', folder, '--no-run'],
      { encoding: 'utf8' },
    );
    expect(made.status, made.stderr).toBe(0);
  }, 300_000);
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('compares a training with WebAssembly, and measures its speed, memory and stall', () => {
    const { code, report } = run(swiftShader, '--software');
    expect(report).toMatchObject({
      ok: true,
      gpus: 1,
      machine: { node: process.version },
      versions: { webgpu: expect.any(String) },
      results: [{ backend: 'webgpu' }, { backend: 'wasm' }],
    });
    expect(report.found[0]).toMatchObject({ name: 'webgpu', adapter: { isSoftware: true } });
    const [{ comparisons, rates }] = report.results;
    expect(comparisons).toEqual([expect.objectContaining({ network: 'compact', isSame: true })]);
    expect(comparisons[0].differences.gradients).toBeLessThan(1e-4);
    expect(rates[0].imagesPerSecond).toBeGreaterThan(0);
    expect(rates[0].gpuBytes).toBeGreaterThan(0);
    expect(rates[0].stall).toBeLessThanOrEqual(1);
    expect(code).toBe(0);
  });

  it('says why where there is no GPU, and ends with 2', () => {
    const { code, report } = run({ VK_DRIVER_FILES: '/nowhere.json' });
    expect(report).toMatchObject({ gpus: 0, results: [{ backend: 'wasm' }] });
    expect(report.found[0]).toMatchObject({
      name: 'webgpu',
      isUsed: false,
      reason: 'no driver for Vulkan finds a GPU',
      hint: expect.stringContaining('mesa-vulkan-drivers'),
    });
    expect(code).toBe(2);
  });
});
