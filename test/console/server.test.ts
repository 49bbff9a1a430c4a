import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningConsole, startConsole } from '../../console/server/start.ts';
import { explainAwsError } from '../../onprem-agent/aws/explain.ts';
import { memoryS3 } from './memory-s3.ts';
import { consoleServices } from './services.ts';

const local = consoleServices(memoryS3());
let open: RunningConsole;
let readOnly: RunningConsole;
const page = new Map([['/index.html', { bytes: Buffer.from('<!doctype html>'), type: 'text/html' }]]);

beforeAll(async () => {
  const { services } = local;
  open = await startConsole({ services, page, port: 0 });
  readOnly = await startConsole({
    services: { ...services, session: { ...services.session, readOnly: true } },
    page,
    port: 0,
  });
});
afterAll(async () => {
  await open?.stop();
  await readOnly?.stop();
});

/** With any headers, which `fetch` would not let through. */
function send(
  { port, token }: RunningConsole,
  path: string,
  { method = 'GET', body = '', ...headers }: Record<string, string> = {},
): Promise<{ status: number; body: string; headers: NodeJS.Dict<string | string[]> }> {
  return new Promise((resolve, reject) => {
    const all = { host: `127.0.0.1:${port}`, authorization: `Bearer ${token}`, ...headers };
    const call = request({ port, host: '127.0.0.1', path, method, headers: all }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode!, body: text, headers: response.headers }),
      );
    });
    call.on('error', reject);
    call.end(body);
  });
}

const own = ({ port }: RunningConsole) => ({ origin: `http://127.0.0.1:${port}` });
const json = { 'content-type': 'application/json' };

describe('the console', () => {
  test('answers who has the token', async () => {
    const { status, body } = await send(open, '/api/session');

    expect(status).toBe(200);
    expect(JSON.parse(body)).toEqual(local.services.session);
  });

  test.each<[string, Record<string, string>, number, RegExp]>([
    ['no token', { authorization: '' }, 401, /graft console/],
    ['another token', { authorization: `Bearer ${'x'.repeat(32)}` }, 401, /graft console/],
    ['a host name that leads here (DNS rebinding)', { host: 'evil.example' }, 403, /evil\.example/],
    ['this host and another port', { host: '127.0.0.1:1' }, 403, /127\.0\.0\.1:1/],
    ['a page of another origin', { origin: 'https://evil.example' }, 403, /evil\.example/],
    ['an opaque origin', { origin: 'null' }, 403, /null/],
  ])('refuses a request with %s', async (_what, headers, status, detail) => {
    const answer = await send(open, '/api/session', headers);

    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body).detail).toMatch(detail);
  });

  test('refuses a change that has no origin, or comes from elsewhere (CSRF)', async () => {
    for (const headers of [
      {},
      { origin: 'https://evil.example' },
      { origin: `http://localhost:${open.port}` },
    ]) {
      const post = { method: 'POST', body: '{"reason":"x"}', ...json, ...headers };
      expect((await send(open, '/api/promotions/one/stop', post)).status).toBe(403);
    }
    expect(local.stopped).toEqual([]);
  });

  test('gives every answer a strict policy, and lets no page show it', async () => {
    for (const path of ['/', '/domains/some', '/api/session', '/api/nothing']) {
      const { headers } = await send(open, path);
      expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self';/);
      expect(headers['content-security-policy']).not.toMatch(/unsafe|\*/);
      expect(headers).toMatchObject({
        'x-frame-options': 'DENY',
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
      });
    }
  });

  test('answers its own addresses with the page, without a token, and no other files', async () => {
    expect((await send(open, '/promotions/one/two', { authorization: '' })).body).toBe('<!doctype html>');
    expect((await send(open, '/../package.json', { authorization: '' })).status).toBe(404);
    expect((await send(open, '/', { method: 'POST', ...own(open) })).status).toBe(405);
  });

  test('names what is wrong with a request', async () => {
    const post = (path: string, body: string, headers = {}) =>
      send(open, path, { method: 'POST', body, ...json, ...own(open), ...headers });

    expect(await send(open, '/api/nothing')).toMatchObject({ status: 404 });
    expect(await send(open, '/api/session', { method: 'PUT', ...own(open) })).toMatchObject({ status: 405 });
    expect(await send(open, '/api/domains/No_Name')).toMatchObject({ status: 400 });
    expect(await send(open, '/api/domains/nobody')).toMatchObject({ status: 404 });
    expect(await send(open, '/api/promotions/nothing')).toMatchObject({ status: 404 });
    // Streams: what fails before their first event has a status, too.
    expect(await send(open, '/api/promotions/nothing/shapes/events')).toMatchObject({ status: 404 });
    expect(await send(open, '/api/rows?domain=No_Name')).toMatchObject({ status: 400 });
    for (const [body, field] of [
      ['{}', 'reason'],
      ['{"reason":"x","by":"mallory"}', 'by'],
      ['no json', 'JSON'],
    ] as const) {
      const answer = await post('/api/promotions/one/stop', body);
      expect(answer.status).toBe(400);
      expect(JSON.parse(answer.body).detail).toContain(field);
    }
    expect(await post('/api/promotions/one/stop', '{}', { 'content-type': 'text/plain' })).toMatchObject({
      status: 415,
    });
    expect(await post('/api/promotions/one/stop', `{"reason":"${'x'.repeat(20_000)}"}`)).toMatchObject({
      status: 413,
    });
    expect(await post('/api/promotions/one/shapes/approve', '{}')).toMatchObject({ status: 404 });
  });

  test('changes nothing in read-only mode, whatever is asked', async () => {
    for (const path of [
      '/api/promotions/one/shapes/approve',
      '/api/promotions/one/shapes/reject',
      '/api/promotions/one/stop',
      '/api/domains/shapes/rollback',
      '/api/domains/shapes/promote',
    ]) {
      const post = { method: 'POST', body: '{"reason":"x"}', ...json, ...own(readOnly) };
      const { status, body } = await send(readOnly, path, post);
      expect(status, path).toBe(403);
      expect(JSON.parse(body).detail).toContain('read-only');
    }
    expect(local.stopped).toEqual([]);
  });

  test('explains an error of AWS, with what to do', () => {
    const denied = Object.assign(new Error('no'), { name: 'AccessDenied' });
    expect(explainAwsError(denied, 'answer /api/domains')).toMatchObject({
      hint: expect.stringContaining('AWS_PROFILE'),
    });
  });

  test('says which port cannot be used', async () => {
    await expect(startConsole({ services: local.services, page, port: open.port })).rejects.toThrow(
      `Port ${open.port} cannot be used`,
    );
  });
});
