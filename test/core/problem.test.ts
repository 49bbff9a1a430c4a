import { describe, expect, it } from 'vitest';
import { ProblemError, problemBody } from '#core/problem.ts';

describe('a problem', () => {
  it('has the form of RFC 9457: its title is the phrase of its status', () => {
    const problem = new ProblemError(415, 'send an image');

    expect(problemBody(problem)).toEqual({
      type: 'about:blank',
      title: 'Unsupported Media Type',
      status: 415,
      detail: 'send an image',
    });
    expect(problemBody(problem, 'urn:request:1')).toMatchObject({ instance: 'urn:request:1' });
  });

  it('says in a header when to try again, beside its other headers', () => {
    const problem = new ProblemError(503, 'wait', { retryAfterSeconds: 5, headers: { allow: 'POST' } });

    expect(problem.headers).toEqual({ 'retry-after': '5', allow: 'POST' });
    expect(new ProblemError(500, 'ours').headers).toEqual({});
  });
});
