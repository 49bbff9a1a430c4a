import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { MatchedRoute, RestApi, Stage } from './apis.ts';
import { isBinary } from './media-types.ts';
import type { SignedCaller } from './signed-caller.ts';
import type { ApiKey } from './usage-plans.ts';

/** The HTTP request as it arrived. */
export interface ClientRequest {
  method: string;
  /** Below the stage, percent-encoded as sent, with its leading slash. */
  path: string;
  query: URLSearchParams;
  /** Name and value in turn, as sent. */
  rawHeaders: readonly string[];
  body: Buffer;
  sourceIp: string;
  host: string;
}

/** The published type leaves the deployment's id out. */
type ProxyEvent = APIGatewayProxyEvent & { requestContext: { deploymentId: string } };

export interface EventParts {
  api: RestApi;
  stage: Stage;
  route: MatchedRoute;
  key: ApiKey | undefined;
  /** Of a method with IAM authorization. */
  signed: SignedCaller | undefined;
  requestId: string;
  accountId: string;
  traceId: string;
  /** Milliseconds since 1970. */
  now: number;
}

/** Headers of the connection, not of the request; and the length, which a decoded body no longer has. */
const NOT_PASSED_ON = new Set([
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** The event of a Lambda proxy integration, version 1.0, member by member as API Gateway writes it. */
export function proxyEvent(request: ClientRequest, parts: EventParts): ProxyEvent {
  const { api, stage, route, key, signed } = parts;
  const headers = collectHeaders(request, parts.traceId);
  const query = collectQuery(request.query);
  const contentType = lastOf(headers, 'content-type');
  const binary = request.body.length > 0 && isBinary(contentType, api.binaryMediaTypes);
  return {
    resource: route.resource.path,
    path: request.path,
    httpMethod: request.method,
    headers: lastValues(headers),
    multiValueHeaders: headers,
    queryStringParameters: query === null ? null : lastValues(query),
    multiValueQueryStringParameters: query,
    pathParameters: Object.keys(route.pathParameters).length === 0 ? null : route.pathParameters,
    stageVariables: Object.keys(stage.variables).length === 0 ? null : stage.variables,
    requestContext: {
      resourceId: route.resource.id,
      authorizer: null,
      resourcePath: route.resource.path,
      httpMethod: request.method,
      extendedRequestId: parts.requestId.replaceAll('-', '').slice(0, 15).concat('='),
      requestTime: commonLogTime(parts.now),
      path: `/${stage.name}${request.path}`,
      accountId: parts.accountId,
      protocol: 'HTTP/1.1',
      stage: stage.name,
      domainPrefix: api.id,
      requestTimeEpoch: parts.now,
      requestId: parts.requestId,
      identity: {
        accessKey: signed?.accessKey ?? null,
        accountId: signed?.accountId ?? null,
        apiKey: key?.value ?? null,
        apiKeyId: key?.id ?? null,
        caller: signed?.user ?? null,
        clientCert: null,
        cognitoAuthenticationProvider: null,
        cognitoAuthenticationType: null,
        cognitoIdentityId: null,
        cognitoIdentityPoolId: null,
        principalOrgId: null,
        sourceIp: request.sourceIp,
        user: signed?.user ?? null,
        userAgent: lastOf(headers, 'user-agent') ?? null,
        userArn: signed?.userArn ?? null,
      },
      domainName: request.host,
      deploymentId: stage.deploymentId,
      apiId: api.id,
    },
    body: request.body.length === 0 ? null : request.body.toString(binary ? 'base64' : 'utf8'),
    isBase64Encoded: binary,
  };
}

/** Names in the case that the client sent; the same name in another case is the same header. */
function collectHeaders(request: ClientRequest, traceId: string): Record<string, string[]> {
  const headers: Record<string, string[]> = {};
  const names = new Map<string, string>();
  const add = (name: string, value: string) => {
    const known = names.get(name.toLowerCase()) ?? name;
    names.set(name.toLowerCase(), known);
    headers[known] = [...(headers[known] ?? []), value];
  };
  for (let at = 0; at + 1 < request.rawHeaders.length; at += 2) {
    const name = request.rawHeaders[at] ?? '';
    if (!NOT_PASSED_ON.has(name.toLowerCase())) add(name, request.rawHeaders[at + 1] ?? '');
  }
  if (!names.has('x-amzn-trace-id')) add('X-Amzn-Trace-Id', traceId);
  add('X-Forwarded-For', request.sourceIp);
  add('X-Forwarded-Port', request.host.split(':')[1] ?? '80');
  add('X-Forwarded-Proto', 'http');
  return headers;
}

function collectQuery(query: URLSearchParams): Record<string, string[]> | null {
  const values: Record<string, string[]> = {};
  for (const [name, value] of query) values[name] = [...(values[name] ?? []), value];
  return Object.keys(values).length === 0 ? null : values;
}

function lastValues(values: Record<string, string[]>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, all]) => [name, all.at(-1) ?? '']));
}

function lastOf(headers: Record<string, string[]>, name: string): string | undefined {
  return Object.entries(headers)
    .find(([one]) => one.toLowerCase() === name)?.[1]
    .at(-1);
}

/** `23/Nov/2026:10:00:00 +0000`. */
function commonLogTime(now: number): string {
  const [, day, month, year, time] =
    /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(new Date(now).toUTCString()) ?? [];
  return `${day}/${month}/${year}:${time} +0000`;
}
