import middy from '@middy/core';
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { log } from '#cloud/aws/log.ts';
import { ProblemError } from '#core/problem.ts';
import { invocationProblem } from '../../../functions/http/invocation.ts';
import { logged } from '../../../functions/middleware/logged.ts';
import { problems } from '../../../functions/middleware/problems.ts';
import { serviceError } from '../../cloud/recording-client.ts';

afterEach(() => vi.restoreAllMocks());

/** The levels and texts of what is logged while the API answers. */
async function logOf(error: Error) {
  const lines: unknown[][] = [];
  for (const level of ['info', 'error'] as const) {
    vi.spyOn(log, level).mockImplementation((...words) => void lines.push([level, ...words]));
  }
  const { statusCode } = await answering(error);
  return { statusCode, last: lines.at(-1) };
}

/** The API's answer where a function throws this. */
function answering(error: Error) {
  const handler = middy<APIGatewayProxyEvent, APIGatewayProxyResult>()
    .use(logged())
    .use(problems())
    .handler(() => {
      throw error;
    });
  return handler({} as APIGatewayProxyEvent, {} as Context);
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

  test('says in one line what SageMaker has said about a model that gave no answer', async () => {
    const written: string[] = [];
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => written.push(String(text)) > 0);
    const level = log.getLevelName();
    log.setLogLevel('ERROR');
    const cause = serviceError('ModelError', 'Received server error (0) from primary', {
      ...{ OriginalStatusCode: 0, OriginalMessage: 'The container closed the connection' },
      LogStreamArn: 'arn:aws:logs:eu-central-1:1:log-group:/aws/sagemaker/Endpoints/x:log-stream:y',
    });
    await answering(invocationProblem(cause, 10) as Error);
    log.setLogLevel(level);

    expect(JSON.parse(written.at(-1)!)).toMatchObject({
      message: 'failed',
      error: {
        message: 'The model could not answer',
        cause: {
          ...{ name: 'ModelError', message: cause.message, OriginalStatusCode: 0 },
          ...{ OriginalMessage: 'The container closed the connection' },
          LogStreamArn: expect.stringContaining('/aws/sagemaker/Endpoints/x'),
        },
      },
    });
  });
});
