import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createPixelBudget } from '#model/data/pixel-budget.ts';

describe('createPixelBudget', () => {
  it('lets images be decoded together while they fit, in order, and one too large alone', async () => {
    const budget = createPixelBudget(10);
    const running = new Map<string, () => void>();
    const decode = (name: string, pixels: number) =>
      budget(pixels, () => new Promise<void>((resolve) => running.set(name, resolve)));
    const end = async (name: string) => {
      running.get(name)!();
      running.delete(name);
      await setImmediate();
      return [...running.keys()];
    };
    for (const [name, pixels] of Object.entries({ a: 6, b: 4, huge: 30, c: 1 })) void decode(name, pixels);
    await setImmediate();

    expect([...running.keys()]).toEqual(['a', 'b']);
    // The small one does not overtake the large one, which would wait for ever otherwise.
    expect(await end('b')).toEqual(['a']);
    expect(await end('a')).toEqual(['huge']);
    expect(await end('huge')).toEqual(['c']);
  });

  it('gives the room back after a failure', async () => {
    const budget = createPixelBudget(10);

    const failed = budget(10, () => Promise.reject(new Error('damaged')));

    await expect(failed).rejects.toThrow('damaged');
    expect(await budget(10, async () => 'decoded')).toBe('decoded');
  });
});
