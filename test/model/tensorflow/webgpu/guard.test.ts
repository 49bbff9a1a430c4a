import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '#core/errors.ts';
import type { Device, DeviceError, GpuBuffer } from '#model/tensorflow/webgpu/dawn.ts';
import { Guard, type WebgpuBackend } from '#model/tensorflow/webgpu/guard.ts';
import { isOutOfMemory } from '#model/training/out-of-memory.ts';

/** A device whose error scopes work as WebGPU describes them, and a backend on it. */
function fakeGpu() {
  const scopes: { filter: string; error: DeviceError | null }[] = [];
  let lose: (info: { reason: string; message: string }) => void = () => {};
  const device = {
    limits: { maxBufferSize: 1000, maxStorageBufferBindingSize: 500 },
    lost: new Promise((resolve) => {
      lose = resolve;
    }),
    createBuffer: ({ size }: { size: number }) => ({ size, destroy() {} }),
    pushErrorScope: (filter: string) => void scopes.push({ filter, error: null }),
    popErrorScope: async () => scopes.pop()!.error,
    destroy() {},
  } as unknown as Device;
  const fail = (filter: string, message: string) => {
    const scope = scopes.findLast((each) => each.filter === filter)!;
    scope.error ??= { message };
  };
  const released: { buffer: GpuBuffer; reuse: boolean | undefined }[] = [];
  const backend = {
    read: async () => new Float32Array([7]),
    readSync() {
      throw new Error('OffscreenCanvas is not defined');
    },
    bufferManager: { releaseBuffer: (buffer, reuse) => void released.push({ buffer, reuse }) },
  } as WebgpuBackend;
  return { device, backend, fail, released, lose };
}

function guarded() {
  const gpu = fakeGpu();
  new Guard(gpu.device, 'Card 1').watch(gpu.backend);
  return gpu;
}

const read = ({ backend }: { backend: WebgpuBackend }) => backend.read({});

describe('what a GPU computes', () => {
  it('is given where nothing has failed', async () => {
    expect(await read(guarded())).toEqual(new Float32Array([7]));
  });

  it('is refused after a command that was not valid, once', async () => {
    const gpu = guarded();
    gpu.fail('validation', 'binding 3 is missing');
    await expect(read(gpu)).rejects.toThrow('The GPU has refused a command: binding 3 is missing');
    expect(await read(gpu)).toEqual(new Float32Array([7]));
  });

  it('is refused for want of memory, which makes a batch smaller, whatever was not valid because of it', async () => {
    const gpu = guarded();
    gpu.fail('validation', 'a buffer is not valid');
    gpu.fail('out-of-memory', 'VK_ERROR_OUT_OF_DEVICE_MEMORY\n at 1');
    const [first, second] = await Promise.allSettled([read(gpu), read(gpu)]);
    expect(first).toMatchObject({
      reason: expect.objectContaining({
        message: 'The GPU is out of memory: VK_ERROR_OUT_OF_DEVICE_MEMORY',
        hint: expect.stringContaining('--batch-size'),
      }),
    });
    expect(isOutOfMemory((first as PromiseRejectedResult).reason)).toBe(true);
    expect(second.status).toBe('fulfilled');
  });

  it('never comes from a buffer that got no memory', async () => {
    const gpu = fakeGpu();
    const create = gpu.device.createBuffer;
    gpu.device.createBuffer = (descriptor) => {
      if (descriptor.size === 400) gpu.fail('out-of-memory', 'no room');
      return create(descriptor);
    };
    new Guard(gpu.device, 'Card 1').watch(gpu.backend);
    const [empty, good] = [400, 100].map((size) => gpu.device.createBuffer({ size, usage: 0 }));
    await expect(read(gpu)).rejects.toThrow('out of memory: no room for 400 bytes');
    for (const buffer of [empty, good]) gpu.backend.bufferManager.releaseBuffer(buffer!);
    expect(gpu.released.map(({ reuse }) => reuse)).toEqual([false, true]);
  });

  it('is refused before it is computed where a tensor is larger than the GPU’s limit', () => {
    const { device } = guarded();
    const attempt = () => device.createBuffer({ size: 501, usage: 0 });
    expect(attempt).toThrow(InvalidInputError);
    expect(attempt).toThrow("a tensor of 501 bytes, where 500 is the GPU's limit");
  });

  it('is refused when the GPU is lost, by its name and with what to do', async () => {
    const lost = guarded();
    lost.lose({ reason: 'unknown', message: 'DXGI_ERROR_DEVICE_HUNG' });
    await Promise.resolve();
    await expect(read(lost)).rejects.toMatchObject({
      name: 'InvalidInput',
      message: 'The GPU was lost (Card 1: DXGI_ERROR_DEVICE_HUNG)',
      hint: expect.stringContaining('goes on from its last checkpoint'),
    });
  });

  it('cannot be read synchronously', () => {
    expect(() => guarded().backend.readSync({})).toThrow('asynchronously only');
  });
});
