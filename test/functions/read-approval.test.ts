import { describe, expect, test } from 'vitest';
import { createReadApproval } from '../../functions/read-approval.ts';

const read = (answer: unknown) => createReadApproval()({ answer });

describe('an answer', () => {
  test.each([
    ['a yes', { approved: true, by: 'jane' }],
    ['a yes with a comment', { approved: true, by: 'jane', comment: 'fine' }],
    ['a no with its reason', { approved: false, by: 'jane', comment: 'limes' }],
    ['a comment of several lines', { approved: true, by: 'jane', comment: 'looked at it:\n\n  fine' }],
  ])('is %s', async (_what, answer) => {
    expect(await read(answer)).toEqual(answer);
  });

  test('has no spaces around its texts', async () => {
    const by = 'x'.repeat(100);

    expect(await read({ approved: true, by: ` ${by} ` })).toEqual({ approved: true, by });
  });

  test.each([
    ['a no without a reason', { approved: false, by: 'jane' }],
    ['a yes without a name', { approved: true }],
    ['a yes from spaces', { approved: true, by: '  ' }],
    ['a yes from a number', { approved: true, by: 7 }],
    ['a yes with an empty comment', { approved: true, by: 'jane', comment: ' ' }],
    ['a yes with something else', { approved: true, by: 'jane', reason: 'fine' }],
    ['a name without end', { approved: true, by: 'x'.repeat(101) }],
    ['a comment without end', { approved: true, by: 'jane', comment: 'x'.repeat(1001) }],
    ['a comment that is no text', { approved: true, by: 'jane', comment: { a: 1 } }],
    ['a yes in words', { approved: 'yes', by: 'jane' }],
    ['a sentence', 'approved'],
    ['a list', [{ approved: true, by: 'jane' }]],
    ['nothing', {}],
    ['null', null],
  ])('is not %s', async (_what, answer) => {
    expect(await read(answer)).toEqual({});
  });
});
