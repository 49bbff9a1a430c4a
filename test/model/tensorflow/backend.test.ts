import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '#core/errors.ts';
import { useBackend } from '#model/tensorflow/backend.ts';
import { findInstallation } from '#model/tensorflow/installation.ts';

const isThere = (packageName: string) =>
  import(`${packageName}/package.json`, { with: { type: 'json' } }).then(
    () => true,
    () => false,
  );

const nativeIsInstalled =
  findInstallation() !== undefined ||
  (await isThere('@tensorflow/tfjs-node')) ||
  (await isThere('@tensorflow/tfjs-node-gpu'));

describe('useBackend', () => {
  it('uses exactly the one that is asked for', async () => {
    expect(await useBackend('cpu')).toMatchObject({ name: 'cpu', reason: 'asked for' });
    expect(tf.getBackend()).toBe('cpu');
    expect(await useBackend('wasm')).toMatchObject({ name: 'wasm', reason: 'asked for' });
    expect(tf.getBackend()).toBe('wasm');
  });

  it.skipIf(nativeIsInstalled)('refuses one that is not installed, and says what to do', async () => {
    const attempt = useBackend('tensorflow');
    await expect(attempt).rejects.toThrow(InvalidInputError);
    await expect(attempt).rejects.toThrow('@tensorflow/tfjs-node is not installed');
    await expect(attempt).rejects.toHaveProperty('hint', expect.stringContaining('graft backend install'));
  });

  it('leaves the program its own handling of uncaught errors', async () => {
    const before = process.listenerCount('uncaughtException') + process.listenerCount('unhandledRejection');
    await useBackend('wasm');
    const after = process.listenerCount('uncaughtException') + process.listenerCount('unhandledRejection');
    expect(after).toBe(before);
  });
});
