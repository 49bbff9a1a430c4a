import { describe, expect, it } from 'vitest';
import { createBatches } from '../../../model/inference/batches.ts';

/** Batches that end when they are told to, in the order of their beginning. */
function held(options: { atOnce: number; size: number }) {
  const begun: { items: readonly string[]; end: (error?: Error) => void }[] = [];
  const add = createBatches<string, string>({
    ...options,
    run: (items) =>
      new Promise((resolve, reject) => {
        begun.push({
          items,
          end: (error) => (error ? reject(error) : resolve(items.map((item) => item.toUpperCase()))),
        });
      }),
  });
  return { add, begun, items: () => begun.map(({ items }) => items.join('')) };
}

describe('batches', () => {
  it('run an item at once and alone where there is room, and put together what waits meanwhile', async () => {
    const { add, begun, items } = held({ atOnce: 1, size: 3 });
    const results = [...'abcdef'].map(add);

    expect(items()).toEqual(['a']);
    begun[0]!.end();
    await results[0];
    await Promise.resolve();
    expect(items()).toEqual(['a', 'bcd']);
    begun[1]!.end();
    await results[3];
    await Promise.resolve();
    begun[2]!.end();

    expect(await Promise.all(results)).toEqual([...'ABCDEF']);
    expect(items()).toEqual(['a', 'bcd', 'ef']);
  });

  it('spread what waits over all the room that there is', async () => {
    const { add, begun, items } = held({ atOnce: 2, size: 8 });
    const results = [...'abcdef'].map(add);
    begun[0]!.end();
    begun[1]!.end();
    await Promise.all(results.slice(0, 2));
    await Promise.resolve();
    for (const { end } of begun.slice(2)) end();
    await Promise.all(results);

    expect(items()[0]).toBe('a');
    expect(items()[1]).toBe('b');
    expect(Math.max(...items().map(({ length }) => length))).toBeLessThanOrEqual(4);
  });

  it('give a failure to the items of that batch only, and go on', async () => {
    const { add, begun } = held({ atOnce: 1, size: 2 });
    const results = [...'abcd'].map((item) => add(item).catch((error: Error) => error.message));
    begun[0]!.end(new Error('no'));
    await results[0];
    await Promise.resolve();
    begun[1]!.end();
    await results[1];
    await Promise.resolve();
    begun[2]!.end();

    expect(await Promise.all(results)).toEqual(['no', 'B', 'C', 'D']);
  });
});
