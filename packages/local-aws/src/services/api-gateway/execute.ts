import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RouteHandler, World } from '../../service.ts';
import { newTraceId } from '../trace-id.ts';
import { matchRoute, type RestApi, type RestApis, type Stage } from './apis.ts';
import { type GatewayErrorType, gatewayError, type HttpAnswer } from './gateway-errors.ts';
import { invokeFunction, mockAnswer } from './integrations.ts';
import { proxyEvent } from './proxy-event.ts';
import { proxyAnswer } from './proxy-response.ts';
import { readBody } from './read-body.ts';
import { type SignedCaller, signedCaller } from './signed-caller.ts';
import type { ApiKey, UsagePlans } from './usage-plans.ts';

/** Where the APIs are called: `/_aws/execute-api/<api>/<stage>/<path>`. */
export const EXECUTE_PREFIX = '/_aws/execute-api/';

interface Request {
  world: World;
  usagePlans: UsagePlans;
  message: IncomingMessage;
  url: URL;
  api: RestApi;
  stage: Stage;
  /** Below the stage, with its leading slash. */
  path: string;
  /** Undefined when it is over the limit. */
  body: Buffer | undefined;
  requestId: string;
  traceId: string;
}

/** The data plane of all REST APIs. */
export function executeApi(world: World, apis: RestApis, usagePlans: UsagePlans): RouteHandler {
  return async (message, response, url) => {
    const started = performance.now();
    const requestId = randomUUID();
    const traceId = newTraceId(world.clock.now());
    const [apiId = '', stageName = '', ...segments] = url.pathname.slice(EXECUTE_PREFIX.length).split('/');
    const api = apis.find(apiId);
    // Also of a request that will be refused: many clients read no answer before they have sent everything.
    const body = await readBody(message);
    const stage = api?.stages.get(stageName);
    const answer =
      api === undefined || stage === undefined
        ? gatewayError('ACCESS_DENIED', requestId)
        : await answerRequest({
            world,
            usagePlans,
            message,
            url,
            api,
            stage,
            path: `/${segments.join('/')}`,
            body,
            requestId,
            traceId,
          });
    send(message, response, answer, { requestId, traceId });
    const ms = Math.round(performance.now() - started);
    world.log.info(
      { method: message.method, path: url.pathname, status: answer.status, ms, requestId },
      'api',
    );
  };
}

async function answerRequest(request: Request): Promise<HttpAnswer> {
  const { world, usagePlans, message, api, stage, path, body, requestId } = request;
  const refuse = (type: GatewayErrorType) => gatewayError(type, requestId, api);
  const method = message.method ?? 'GET';
  const route = matchRoute(api, path === '/' ? [] : path.slice(1).split('/'), method);
  if (route === undefined) return refuse('MISSING_AUTHENTICATION_TOKEN');

  let signed: SignedCaller | undefined;
  if (route.method.AuthorizationType === 'AWS_IAM') {
    const arn = `arn:aws:execute-api:${world.region}:${world.accountId}:${api.id}/${stage.name}/${method}${path}`;
    const headers = message.headers as Record<string, string | undefined>;
    const caller = signedCaller(world, headers, request.url.searchParams, arn);
    if (typeof caller === 'string') return refuse(caller);
    signed = caller;
  }
  let key: ApiKey | undefined;
  if (route.method.ApiKeyRequired) {
    const admission = usagePlans.admit(api.id, stage.name, header(message, 'x-api-key'));
    if (typeof admission === 'string') return refuse(admission);
    key = admission.key;
  }
  if (body === undefined) return refuse('REQUEST_TOO_LARGE');

  const { Integration } = route.method;
  if (Integration.Type === 'MOCK') return mockAnswer(Integration);
  const event = proxyEvent(
    {
      method,
      path,
      query: request.url.searchParams,
      rawHeaders: message.rawHeaders,
      body,
      sourceIp: message.socket.remoteAddress?.replace(/^::ffff:/, '') ?? '127.0.0.1',
      host: header(message, 'host') ?? '',
    },
    {
      api,
      stage,
      route,
      key,
      signed,
      requestId,
      accountId: world.accountId,
      traceId: request.traceId,
      now: world.clock.now(),
    },
  );
  const resourcePath = route.resource.path.replace(/\{[^}]+\}/g, '*');
  const sourceArn = `arn:aws:execute-api:${world.region}:${world.accountId}:${api.id}/${stage.name}/${method}${resourcePath}`;
  const answer = await invokeFunction(world, Integration, sourceArn, event);
  if (typeof answer === 'string') return refuse(answer);
  const proxied = proxyAnswer(answer.payload, header(message, 'accept'), api.binaryMediaTypes);
  if (proxied !== undefined) return proxied;
  world.log.warn(
    { requestId, path },
    'a function behind the API answered in a form that API Gateway does not take',
  );
  return refuse('BAD_PROXY_RESPONSE');
}

function send(
  message: IncomingMessage,
  response: ServerResponse,
  answer: HttpAnswer,
  ids: { requestId: string; traceId: string },
): void {
  // The rest of a refused body would be read as the next request.
  if (!message.complete) response.setHeader('connection', 'close');
  response.writeHead(answer.status, {
    ...answer.headers,
    'content-length': Buffer.byteLength(answer.body),
    'x-amzn-requestid': ids.requestId,
    'x-amz-apigw-id': `${randomBytes(11).toString('base64url')}=`,
    'x-amzn-trace-id': ids.traceId.split(';')[0],
  });
  response.end(message.method === 'HEAD' ? undefined : answer.body);
}

function header(message: IncomingMessage, name: string): string | undefined {
  const value = message.headers[name];
  return Array.isArray(value) ? value.at(-1) : value;
}
