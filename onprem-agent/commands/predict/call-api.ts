import type * as z from 'zod';
import { GraftError } from '#core/errors.ts';
import { parseJson } from '#core/parse.ts';

/** Milliseconds; longer than API Gateway waits (29 s). */
const TIMEOUT_MS = 35_000;

/** The API has answered, and not with a prediction. */
export class PredictionRefusedError extends GraftError {
  readonly status: number;
  /** Seconds, where the answer says when to try again. */
  readonly retryAfter: number | undefined;

  constructor(message: string, details: { hint?: string; status: number; retryAfter: number | undefined }) {
    const { status, retryAfter, ...rest } = details;
    super('PredictionRefused', message, rest);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/** The API, and who asks it about what. */
export interface ApiOptions {
  url: string;
  domain: string;
  apiKey: string | undefined;
  signal: AbortSignal;
}

export interface ApiCall {
  /** What is asked for, for messages. */
  what: string;
  method: 'GET' | 'POST';
  /** Below the domain. */
  path: string;
  body?: Uint8Array;
  type?: string;
  idempotencyKey?: string;
}

/**
 * Asks the REST API something about a domain.
 *
 * @throws GraftError where it cannot be reached, PredictionRefusedError where it refuses
 */
export async function callApi<Schema extends z.ZodType>(
  { what, method, path, body, type, idempotencyKey }: ApiCall,
  schema: Schema,
  options: ApiOptions,
): Promise<z.output<Schema>> {
  const url = `${options.url.replace(/\/+$/, '')}/domains/${encodeURIComponent(options.domain)}/${path}`;
  const response = await fetch(url, {
    method,
    ...(body === undefined ? {} : { body: body as Uint8Array<ArrayBuffer> }),
    headers: {
      ...(type === undefined ? {} : { 'content-type': type }),
      ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
      accept: 'application/json',
      ...(options.apiKey === undefined ? {} : { 'x-api-key': options.apiKey }),
    },
    signal: AbortSignal.any([options.signal, AbortSignal.timeout(TIMEOUT_MS)]),
  }).catch((cause: unknown) => {
    throw new GraftError('Unreachable', `${url} cannot be reached`, {
      cause,
      hint: 'Check --url and the network.',
    });
  });
  const text = await response.text();
  if (!response.ok) throw refusal(response, text, { what, domain: options.domain });
  return parseJson(schema, text, `The answer of ${url}`);
}

const HINTS: Record<number, string> = {
  403: 'Give the API key with --api-key or GRAFT_API_KEY.',
  404: 'Check --domain: the domain must have been pushed with `graft data push`.',
  429: 'Wait a little: the usage plan limits how many calls a key may make.',
  503: 'Wait for the first promotion of this domain to end.',
};

/** API Gateway answers `{"message"}`, our function problem+json with `{"detail"}`. */
function refusal(
  { status, headers }: Response,
  text: string,
  { what, domain }: { what: string; domain: string },
): PredictionRefusedError {
  let said: { detail?: unknown; message?: unknown } = {};
  try {
    said = JSON.parse(text) as typeof said;
  } catch {
    // Not JSON: a proxy has answered.
  }
  const reason = String(said?.detail ?? said?.message ?? text.slice(0, 200));
  const hint = HINTS[status];
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  return new PredictionRefusedError(
    `The API refused ${what} for domain "${domain}" with ${status}: ${reason}`,
    {
      status,
      retryAfter: Number.isFinite(seconds) ? seconds : undefined,
      ...(hint === undefined ? {} : { hint }),
    },
  );
}
