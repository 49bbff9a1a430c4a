import { request as httpRequest } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import type { FuzzRequest } from './requests.ts';

export interface FuzzAnswer {
  statusCode: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** Sends a request as its manner says; undefined where the client left before there could be an answer. */
export async function send(
  api: string,
  keys: Record<FuzzRequest['caller'], string>,
  { method, path, headers, body, caller, manner }: FuzzRequest,
): Promise<FuzzAnswer | undefined> {
  const { hostname, port, pathname } = new URL(api);
  const said = manner === 'short' || manner === 'gone' ? body.length + 10 : body.length;
  const request = httpRequest({
    ...{ hostname, port, method, path: `${pathname}${path}` },
    headers: { 'x-api-key': keys[caller], 'content-length': said, ...headers },
  });
  const answered = new Promise<FuzzAnswer | undefined>((resolve, reject) => {
    request.once('response', async (response) => {
      const text = (await buffer(response)).toString('utf8');
      resolve({ statusCode: response.statusCode!, headers: response.headers, body: text });
    });
    request.once('error', (error) => (said === body.length ? reject(error) : resolve(undefined)));
  });
  if (manner === 'whole') request.end(body);
  else {
    const step = Math.max(1, Math.ceil(body.length / 5));
    for (let at = 0; at < body.length; at += step) {
      request.write(body.subarray(at, at + step));
      await turn();
    }
    if (said === body.length) request.end();
    else request.destroy();
  }
  return answered;
}
