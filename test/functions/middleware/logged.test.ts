import middy from '@middy/core';
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { log } from '#cloud/aws/log.ts';
import { ProblemError } from '#core/problem.ts';
import { logged } from '../../../functions/middleware/logged.ts';
import { problems } from '../../../functions/middleware/problems.ts';

afterEach(() => vi.restoreAllMocks());

/** The levels and texts of what is logged while the API answers. */
async function logOf(error: Error) {
  const lines: unknown[][] = [];
  for (const level of ['info', 'error'] as const) {
    vi.spyOn(log, level).mockImplementation((...words) => void lines.push([level, ...words]));
  }
  const handler = middy<APIGatewayProxyEvent, APIGatewayProxyResult>()
    .use(logged())
    .use(problems())
    .handler(() => {
      throw error;
    });
  const { statusCode } = await handler({} as APIGatewayProxyEvent, {} as Context);
  return { statusCode, last: lines.at(-1) };
}

describe('the log of the API', () => {
  test('logs a caller’s mistake as no error, and without its stack', async () => {
    const { statusCode, last } = await logOf(new ProblemError(415, 'send an image'));

    expect(statusCode).toBe(415);
    expect(last).toEqual(['info', 'refused', { status: 415, detail: 'send an image' }]);
  });

  test.each([
    ['a problem of the deployment', new ProblemError(502, 'The model could not answer'), 502],
    ['an unexpected error', new Error('a bug'), 500],
  ])('logs %s as an error, with its details', async (_what, error, status) => {
    const { statusCode, last } = await logOf(error);

    expect(statusCode).toBe(status);
    expect(last).toEqual(['error', 'failed', error]);
  });
});
