import type { Context } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { InvalidInputError, TrainingFailedError } from '#core/errors.ts';
import { lambda } from '../../../functions/middleware/lambda.ts';
import { serviceError } from '../../cloud/recording-client.ts';

const schema = z.strictObject({ domain: z.string() });
const context = {} as Context;
const throwing = (error: unknown) =>
  lambda('PrepareDomain', schema, () => async () => {
    throw error;
  });

describe('a handler', () => {
  test('passes on the parsed event, and makes its function once', async () => {
    let made = 0;
    const handler = lambda('PrepareDomain', schema, () => {
      made++;
      return async ({ domain }) => domain.toUpperCase();
    });

    expect(await handler({ domain: 'a' }, context)).toBe('A');
    expect(await handler({ domain: 'b' }, context)).toBe('B');
    expect(made).toBe(1);
  });

  test('names the state and the field of an invalid input', async () => {
    const handler = lambda('PrepareDomain', schema, () => async () => 'never');

    await expect(handler({ domain: 1, colour: 2 } as never, context)).rejects.toMatchObject({
      name: 'InvalidInput',
      message: expect.stringMatching(/PrepareDomain.*domain.*colour/),
    });
  });

  test('makes its function again after a failed cold start', async () => {
    let attempt = 0;
    const handler = lambda('PrepareDomain', schema, () => {
      if (attempt++ === 0) throw new InvalidInputError('GRAFT_DATA_BUCKET is missing');
      return async () => 'fine';
    });

    await expect(handler({ domain: 'a' }, context)).rejects.toThrow('GRAFT_DATA_BUCKET');
    expect(await handler({ domain: 'a' }, context)).toBe('fine');
  });

  test('adds the hint to the message, which Step Functions shows, and keeps the name, which it matches', async () => {
    const error = new TrainingFailedError('The job failed', { hint: 'Look into its log.' });

    await expect(throwing(error)({ domain: 'a' }, context)).rejects.toMatchObject({
      name: 'TrainingFailed',
      message: 'The job failed. Look into its log.',
    });
  });

  test.each([
    ['a throttled call', serviceError('ThrottlingException', 'Rate exceeded')],
    ['S3 asking to slow down', serviceError('SlowDown', 'Please reduce your request rate')],
    ['a fault of the service', serviceError('InternalError', 'oops', { $metadata: { httpStatusCode: 500 } })],
    ['a connection that broke', Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })],
    ['a time-out', serviceError('TimeoutError', 'too slow')],
  ])('gives %s the name that the state machine retries', async (_what, error) => {
    await expect(throwing(error)({ domain: 'a' }, context)).rejects.toMatchObject({
      name: 'Transient',
      message: expect.stringContaining(error.message),
    });
  });

  test('says what to do about a quota, and gives it the name that the state machine retries for long', async () => {
    const error = serviceError(
      'ResourceLimitExceeded',
      "The account-level service limit 'ml.c5.xlarge for training job usage' is 2 Instances",
      { $metadata: { httpStatusCode: 400 } },
    );

    await expect(throwing(error)({ domain: 'a' }, context)).rejects.toMatchObject({
      name: 'LimitReached',
      message: expect.stringMatching(/ml\.c5\.xlarge for training job usage.*raise the quota/),
    });
  });

  test('does not change other errors', async () => {
    const error = serviceError('AccessDeniedException', 'not allowed');

    await expect(throwing(error)({ domain: 'a' }, context)).rejects.toBe(error);
  });
});
