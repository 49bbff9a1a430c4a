import { describe, expect, it } from 'vitest';
import { graft, spawnGraft } from '../../cli.ts';

describe('graft backend', () => {
  it('says which one computes and why, and lists where backends can come from', async () => {
    const run = await spawnGraft(['backend', '--json']).done;

    expect(run.code).toBe(0);
    expect(run.last).toMatchObject({ ok: true, command: 'backend', reason: expect.any(String) });
    const { name, sources } = run.last;
    expect(sources.map(({ source }: { source: string }) => source)).toEqual([
      'graft backend install',
      '@tensorflow/tfjs-node-gpu',
      '@tensorflow/tfjs-node',
      'graft backend install --webgpu',
      'webgpu',
      '@tensorflow/tfjs-backend-wasm',
    ]);
    const inUse = sources.filter(({ state }: { state: string }) => state === 'in use');
    expect(inUse).toHaveLength(1);
    expect(inUse[0].source === '@tensorflow/tfjs-backend-wasm').toBe(name === 'wasm');
  });
});

describe('graft backend install', () => {
  it('takes one of --gpu, --cpu and --webgpu', async () => {
    const run = await graft(['backend', 'install', '--gpu', '--cpu']);
    expect(run.code).toBe(2);
    expect(run.stderr).toContain('takes one of --gpu, --cpu and --webgpu');
  });

  it('names a wheel that is not there, before anything else is done', async () => {
    const run = await graft(['backend', 'install', '--wheel', '/nowhere/tensorflow.whl', '--json']);
    expect(run.code).toBe(1);
    expect(run.last).toMatchObject({
      event: 'error',
      name: 'InvalidInput',
      message: 'There is no file "/nowhere/tensorflow.whl"',
    });
  });
});
