import { initLine, reportLine, startLine } from 'local-aws/formats';
import { expect, test } from 'vitest';
import { runsOf } from '../../../bench/promotion/lambda-log.ts';

test('a Lambda’s log tells its invocations, what was billed for them, and which one started the environment', () => {
  const usage = { durationMs: 40.2, memorySizeMb: 512, memoryUsedMb: 90 };
  const runs = runsOf('verifyModel', [
    { at: 1_000, text: initLine() },
    { at: 1_300, text: startLine('a', '$LATEST') },
    { at: 1_310, text: 'a line of the function' },
    { at: 1_341, text: reportLine('a', { ...usage, initMs: 299.5 }) },
    { at: 2_000, text: startLine('b', '$LATEST') },
    { at: 2_041, text: reportLine('b', usage) },
  ]);

  expect(runs).toEqual([
    {
      function: 'verifyModel',
      run: { from: 1_300, to: 1_341 },
      coldStart: { from: 1_000, to: 1_300 },
      billedMs: 340,
      memoryMb: 512,
    },
    { function: 'verifyModel', run: { from: 2_000, to: 2_041 }, billedMs: 41, memoryMb: 512 },
  ]);
});
