import { takeToken } from './token.ts';

const headers = { authorization: `Bearer ${takeToken()}` };

/** An answer other than success: what went wrong, and what a person can do about it. */
export class AskError extends Error {
  readonly status: number;
  readonly hint: string | undefined;
  constructor(status: number, message: string, hint?: string) {
    super(message);
    this.status = status;
    this.hint = hint;
  }
}

async function send(path: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { ...init, headers: { ...headers, ...init.headers } });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new AskError(0, 'The console does not answer', 'Is `graft console` still running?');
  }
  if (response.ok) return response;
  throw problemOf(response.status, await response.json().catch(() => ({})));
}

function problemOf(status: number, body: unknown): AskError {
  const { detail, hint } = body as { detail?: string; hint?: string };
  return new AskError(status, detail ?? `Status ${status}`, hint);
}

export async function ask<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await send(path, signal === undefined ? {} : { signal })).json() as Promise<T>;
}

/** Asks for a change. */
export async function act<T = unknown>(path: string, body: object): Promise<T> {
  const init = {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  };
  return (await send(path, init)).json() as Promise<T>;
}

/** Sends an image. */
export async function sendImage<T>(path: string, image: Blob): Promise<T> {
  const init = { method: 'POST', body: image, headers: { 'content-type': image.type } };
  return (await send(path, init)).json() as Promise<T>;
}

/** An image of the server as an address for `<img>`, which cannot send the token itself. */
export async function imageAddress(path: string, signal: AbortSignal): Promise<string> {
  return URL.createObjectURL(await (await send(path, { signal })).blob());
}

/**
 * Listens to server-sent events until the stream ends. `EventSource` cannot send the token, hence `fetch`.
 *
 * @param onEvent is called with the event's name and its data
 * @throws AskError for the event that ends a stream which has failed
 */
export async function listen(
  path: string,
  onEvent: (name: string, data: unknown) => void,
  signal: AbortSignal,
): Promise<void> {
  const { body } = await send(path, { signal });
  const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value;
    const messages = text.split('\n\n');
    text = messages.pop()!;
    for (const message of messages) {
      const [name, data] = message.split('\n');
      const event = name!.slice('event: '.length);
      const value: unknown = JSON.parse(data!.slice('data: '.length));
      if (event === 'problem') throw problemOf((value as { status: number }).status, value);
      onEvent(event, value);
    }
  }
}
