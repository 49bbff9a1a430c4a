import type { Protocol, RequestContext, Service, ServiceFacts } from '../service.ts';
import { readBody } from './body.ts';
import { CBOR } from './cbor-error.ts';
import { notEmulated } from './errors.ts';
import { bodyOf, type Incoming } from './incoming.ts';
import { fromJson } from './json.ts';
import { assertPresigned } from './presigned.ts';
import { fromQuery } from './query.ts';
import { parseJsonBody, readRestRequest, streamsInput } from './rest-request.ts';
import { findRoute } from './rest-routes.ts';
import { type Call, modelOf } from './run.ts';
import type { Services } from './services.ts';

/** A parsed request: what to run. */
export interface Asked extends Call {
  body: Pick<RequestContext, 'body' | 'rawBody'>;
}

const FORM = 'application/x-www-form-urlencoded';

/**
 * Facts for an error before the service is known. A service that is not here gets the protocol of the
 * request.
 */
export function guessFacts(incoming: Incoming, services: Services): ServiceFacts {
  const { address, headers } = incoming;
  const known =
    address.service === undefined
      ? services.default()
      : services.all().find((service) => service.signingName === address.service);
  if (known !== undefined && address.target === undefined) return known;
  const missing = { signingName: address.service ?? 'unknown', schemas: {} };
  let protocol: Protocol = 'rest-json';
  if (address.target !== undefined)
    protocol = headers['content-type']?.includes('1.0') ? 'json-1.0' : 'json-1.1';
  else if (speaksQuery(incoming, services)) protocol = 'query';
  return { ...(known ?? missing), protocol };
}

/**
 * Finds service and operation, and reads the input.
 *
 * @param found is told the service before its input is read, for errors in its form
 * @throws ServiceError, ShapeError
 */
export async function parseRequest(
  incoming: Incoming,
  services: Services,
  now: number,
  found: (service: Service) => void,
): Promise<Asked> {
  const { address, headers, query } = incoming;
  if (headers['smithy-protocol'] === CBOR) {
    throw notEmulated('json-1.1', `the service '${address.service}' over CBOR (${incoming.path})`);
  }
  assertPresigned(query, now);
  if (address.target !== undefined) {
    const service = serviceFor(services, address.service, ['json-1.0', 'json-1.1']);
    found(service);
    const model = modelOf(service, address.target);
    const rawBody = await wholeBody(incoming);
    const text = Buffer.from(rawBody).toString('utf8');
    const input = fromJson(model.input, parseJsonBody(text === '' ? '{}' : text), false);
    return { service, model, input: input ?? {}, body: { rawBody } };
  }
  if (speaksQuery(incoming, services)) {
    const rawBody = await wholeBody(incoming);
    const form = new URLSearchParams(Buffer.from(rawBody).toString('utf8'));
    for (const [name, value] of query) form.append(name, value);
    const service = serviceFor(
      services,
      address.service ?? services.ofQueryVersion(form.get('Version') ?? '')?.signingName,
      ['query'],
    );
    found(service);
    const model = modelOf(service, form.get('Action') ?? '(no Action)');
    return { service, model, input: fromQuery(model.input, form), body: { rawBody } };
  }
  const service = serviceFor(services, address.service ?? services.default()?.signingName, [
    'rest-json',
    'rest-xml',
  ]);
  found(service);
  return parseRestRequest(service, incoming);
}

/**
 * Whether the request is an AWS query form. Its content type does not decide: curl and urllib send it with
 * presigned uploads too. A signature decides. Without one, or for an unknown service, the path does: `/`, or
 * a queue's URL.
 */
function speaksQuery({ address, method, path, query, headers }: Incoming, services: Services): boolean {
  const known = services.all().filter((service) => service.signingName === address.service);
  if (known.length > 0 && known.every(({ protocol }) => protocol.startsWith('rest-'))) return false;
  if (query.has('Action')) return true;
  const form = method === 'POST' && headers['content-type']?.startsWith(FORM) === true;
  return form && (address.service !== undefined || /^\/(\d{12}\/[^/]+\/?)?$/.test(path));
}

function serviceFor(services: Services, signingName: string | undefined, protocols: Protocol[]): Service {
  const service = signingName === undefined ? undefined : services.speaking(signingName, protocols);
  if (service === undefined) {
    throw notEmulated(
      protocols[0] as Protocol,
      `the service '${signingName ?? 'unknown'}' (${protocols.join(', ')})`,
    );
  }
  return service;
}

async function parseRestRequest(service: Service, incoming: Incoming): Promise<Asked> {
  const { method, path, query, headers } = incoming;
  const match = findRoute(service.schemas, method, incoming);
  if (match === undefined) {
    throw notEmulated(service.protocol, `${service.signingName}: ${method} ${path}`);
  }
  const stream = streamsInput(match.operation.input) ? bodyOf(incoming) : undefined;
  const rawBody = stream === undefined ? await wholeBody(incoming) : new Uint8Array();
  const input = readRestRequest(
    match,
    { query, headers, stream, body: rawBody },
    service.protocol === 'rest-json' ? 'json' : 'xml',
  );
  return {
    service,
    model: match.operation,
    input,
    body: stream === undefined ? { rawBody } : { body: stream },
  };
}

function wholeBody(incoming: Incoming): Promise<Uint8Array> {
  incoming.letIn();
  return readBody(incoming.request);
}
