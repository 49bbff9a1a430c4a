import { expect, test, vi } from 'vitest';
import { remember } from '../../console/server/remember.ts';

test('what is final is found once, what is not each time, and the least asked for is forgotten', async () => {
  const find = vi.fn(async (key: string) => (key === 'runs' ? undefined : `${key}!`));
  const remembered = remember<string>(2);
  const read = (key: string) => remembered(key, () => find(key));

  expect(await read('a')).toBe('a!');
  expect(await read('runs')).toBeUndefined();
  expect(await read('runs')).toBeUndefined();
  await read('b');
  await read('a');
  await read('c');
  expect(find.mock.calls.flat()).toEqual(['a', 'runs', 'runs', 'b', 'c']);
  await read('a');
  await read('b');
  expect(find.mock.calls.flat().slice(5)).toEqual(['b']);
});
