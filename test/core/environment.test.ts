import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { readEnvironment } from '#core/environment.ts';
import { describeError, GraftError, InvalidInputError } from '#core/errors.ts';

describe('the environment', () => {
  const schema = z.object({ GRAFT_ONE: z.string(), GRAFT_TWO: z.string() });

  test('is read without what is none of ours', () => {
    const environment = { GRAFT_ONE: '1', GRAFT_TWO: '2', HOME: '/' };

    expect(readEnvironment(schema, environment)).toEqual({ GRAFT_ONE: '1', GRAFT_TWO: '2' });
  });

  test('names everything that is missing at once', () => {
    expect(() => readEnvironment(schema, {})).toThrow(/GRAFT_ONE.*GRAFT_TWO/);
  });
});

describe('an error, described', () => {
  test('has message, hint and causes, each on a line', () => {
    const error = new InvalidInputError('labels: missing', {
      hint: 'Add them.',
      cause: new Error('outer', { cause: 'inner' }),
    });

    expect(describeError(error)).toBe('labels: missing\nhint: Add them.\ncaused by: outer\ncaused by: inner');
  });

  test('ends, even when it is its own cause', () => {
    const error = new GraftError('Loop', 'round');
    error.cause = error;

    expect(describeError(error).split('\n').length).toBeLessThan(10);
  });

  test('may be anything that was thrown', () => {
    expect(describeError('just text')).toBe('just text');
  });
});
