import { readFileSync } from 'node:fs';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { openApiDocument } from '#core/api/openapi.ts';
import { operations } from '#core/api/operations.ts';
import { createDescribeApi } from '../../functions/describe-api.ts';
import { api } from '../../functions/middleware/api.ts';
import { expectDocumented } from './documented.ts';

const serverless = readFileSync('serverless.yml', 'utf8');
const file = readFileSync('docs/openapi.yaml', 'utf8');

async function ask(resource: string, headers: Record<string, string> = {}) {
  const event = {
    ...{ httpMethod: 'GET', resource, headers },
    requestContext: { requestId: 'r1', identity: {} },
  } as unknown as APIGatewayProxyEvent;
  const response = await api(createDescribeApi)(event, {} as Context);
  expectDocumented(`GET ${resource}`, response);
  return response;
}

describe('the OpenAPI document', () => {
  test('is what docs/openapi.yaml says: `npm run openapi` writes it', () => {
    expect(parse(file)).toEqual(openApiDocument());
  });

  test('has no error and no warning in Redocly’s recommended rules', async () => {
    const config = await createConfig({ extends: ['recommended'] });
    const problems = await lintFromString({ source: file, absoluteRef: 'docs/openapi.yaml', config });
    expect(problems.map(({ ruleId, message }) => `${ruleId}: ${message}`)).toEqual([]);
  });

  test('has every route of the stack, and no other', () => {
    const inline = [...serverless.matchAll(/- http: \{ method: (\w+), path: "?([^",]+?)"?[, ]/g)];
    const block = [...serverless.matchAll(/- http:\n +method: (\w+)\n +path: (\S+)/g)];
    const routes = [...inline, ...block].map(([, method, path]) => `${method} /${path}`);

    expect(operations.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(routes.sort());
  });

  test('is served, and not again to who has it', async () => {
    const { body, headers } = await ask('/openapi.json');
    expect(JSON.parse(body)).toEqual(JSON.parse(JSON.stringify(openApiDocument())));

    const again = await ask('/openapi.json', { 'if-none-match': String(headers?.etag) });
    expect(again.statusCode).toBe(304);
  });
});

test('the API says that it answers', async () => {
  expect(JSON.parse((await ask('/health')).body)).toEqual({ status: 'ok' });
});
