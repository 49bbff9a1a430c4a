import { STATUS_CODES } from 'node:http';
import * as z from 'zod';
import { problemSchema } from './common.ts';
import { type ApiOperation, operations } from './operations.ts';
import { idempotencyKeySchema } from './promotions.ts';

type Json = Record<string, unknown>;

/** What API Gateway and the middleware may answer to any request. */
const EVERYWHERE = [429, 500, 502, 503, 504];
const PROBLEM = 'application/problem+json';

const PARAMETERS: Record<string, string> = {
  domain: 'Name of the domain.',
  id: 'Id of the promotion or batch.',
};

/**
 * The OpenAPI 3.1 document of the REST API, made of the schemas with which its requests and answers are
 * checked.
 */
export function openApiDocument(): Json {
  const paths: Record<string, Json> = {};
  for (const operation of operations) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: operationObject(operation) };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Graft',
      version: '1.0.0',
      summary: 'Ask image models, see what is live, promote and roll back.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [
      {
        url: '{api}',
        description: 'The output `ApiUrl` of the stack, or your own domain',
        variables: { api: { default: 'https://example.com' } },
      },
    ],
    security: [{ apiKey: [] }, { signature: [] }],
    paths,
    components: {
      securitySchemes: {
        apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
        signature: {
          ...{ type: 'apiKey', in: 'header', name: 'authorization' },
          description: 'Signature Version 4 for `execute-api`, where the deployment lets callers in by IAM.',
          'x-amazon-apigateway-authtype': 'awsSigv4',
        },
      },
      schemas: { Problem: schemaObject(problemSchema) },
    },
  };
}

function operationObject(operation: ApiOperation): Json {
  const { id, summary, right, body, success, etag, problems } = operation;
  const headers = {
    'x-request-id': header('Names the request in every log; the caller may send one.'),
    ...(etag ? { etag: header('Send it as `If-None-Match`.') } : {}),
    ...(success.status === 202 ? { location: header('Where it can be looked at.') } : {}),
  };
  const statuses = [...problems, ...(right === undefined ? [] : [403]), ...EVERYWHERE].sort();
  return {
    ...{ operationId: id, summary },
    ...(right === undefined ? { security: [] } : { description: `Needs the right \`${right}\`.` }),
    parameters: parametersOf(operation),
    ...(body === undefined ? {} : { requestBody: { required: true, content: contentOf(body) } }),
    responses: {
      [success.status]: {
        description: STATUS_CODES[success.status],
        headers,
        content: { 'application/json': { schema: anyOf(success.schemas) } },
      },
      ...(etag ? { 304: { description: 'The caller has the newest answer already.' } } : {}),
      ...Object.fromEntries(statuses.map((status) => [status, problemResponse(status)])),
    },
  };
}

function parametersOf({ path, query, etag, idempotent }: ApiOperation): Json[] {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    ...{ name, in: 'path', required: true },
    ...{ description: PARAMETERS[name!], schema: { type: 'string' } },
  }));
  const inQuery = Object.entries(query?.shape ?? {}).map(([name, schema]) => {
    const { description, ...rest } = schemaObject(schema as z.ZodType);
    return { name, in: 'query', ...(description ? { description } : {}), schema: rest };
  });
  const inHeader = {
    ...(etag ? { 'if-none-match': { type: 'string' } } : {}),
    ...(idempotent ? { 'idempotency-key': schemaObject(idempotencyKeySchema) } : {}),
  };
  const headers = Object.entries(inHeader).map(([name, schema]) => ({ name, in: 'header', schema }));
  return [...inPath, ...inQuery, ...headers];
}

function contentOf({ schema, others = [] }: NonNullable<ApiOperation['body']>): Json {
  const bytes = others.map((type) => [type, { schema: { contentMediaType: type } }]);
  return { 'application/json': { schema: schemaObject(schema, 'input') }, ...Object.fromEntries(bytes) };
}

const anyOf = (schemas: readonly z.ZodType[]) =>
  schemas.length === 1 ? schemaObject(schemas[0]!) : { anyOf: schemas.map((schema) => schemaObject(schema)) };

const header = (description: string) => ({ description, schema: { type: 'string' } });

const problemResponse = (status: number) => ({
  description: STATUS_CODES[status],
  ...(status === 429 || status === 503
    ? { headers: { 'retry-after': header('Seconds after which to try again.') } }
    : {}),
  content: { [PROBLEM]: { schema: { $ref: '#/components/schemas/Problem' } } },
});

function schemaObject(schema: z.ZodType, io: 'input' | 'output' = 'output'): Json {
  const { $schema: _version, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}
