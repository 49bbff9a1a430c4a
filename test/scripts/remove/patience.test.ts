import { expect, test } from 'vitest';
import { waitUntil } from '../../../scripts/remove/patience.ts';

const waited: number[] = [];
const patience = {
  sleep: async (milliseconds: number) => void waited.push(milliseconds),
  interval: 60_000,
  looks: 3,
};

test('waits between looks, and no longer than it must', async () => {
  const answers = [false, true];
  await waitUntil('it is gone', patience, async () => answers.shift()!);

  expect(waited).toEqual([60_000]);
});

test('gives up with what to do next', async () => {
  await expect(waitUntil('endpoint a is gone', patience, async () => false)).rejects.toMatchObject({
    name: 'Busy',
    message: 'It takes longer than 3 minutes until endpoint a is gone',
    hint: expect.stringContaining('Run the same command again'),
  });
});
