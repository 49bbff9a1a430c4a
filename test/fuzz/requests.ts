import { REQUEST_TYPES } from '#core/prediction-requests.ts';
import type { Random } from '#core/random.ts';
import { bomb, damaged } from './images.ts';
import { createPicks } from './picks.ts';
import { createRoutes, fuzzedDomain, type Known } from './routes.ts';

/** One request as bytes on the wire may be made of it. */
export interface FuzzRequest {
  /** As in the OpenAPI document; undefined for a path or method that the API does not have. */
  operation: string | undefined;
  method: string;
  path: string;
  headers: Record<string, string>;
  body: Buffer;
  /** Whose API key it has; that of `slow` is in a usage plan that lets hardly any request through. */
  caller: 'fuzz' | 'slow';
  /** What the client does with its body: sends it whole, in drops, less than it said, or leaves. */
  manner: 'whole' | 'drops' | 'short' | 'gone';
}

export interface FuzzSubject {
  images: readonly Buffer[];
  known: Known;
}

const PREDICT = 'POST /domains/{domain}/predictions';
const TYPES = REQUEST_TYPES;
const OTHER_TYPES = ['image/heic', 'image/svg+xml', 'text/plain', 'IMAGE/PNG', 'image/png; x="', ''];

/** Requests without end; the same for the same stream of numbers and the same subject. */
export function createRequests(random: Random, { images, known }: FuzzSubject): () => FuzzRequest {
  const picks = createPicks(random);
  const { below, pick, text } = picks;
  const routes = createRoutes(picks, known, json);
  const operations = Object.keys(routes);

  function json(): string {
    const image = pick([...images.map((each) => each.toString('base64')), text(20), '', 'data:image/png,x']);
    const deep = below(20_000);
    return pick([
      () => JSON.stringify({ image }),
      () => JSON.stringify({ instances: Array.from({ length: below(40) }, () => ({ image })) }),
      () => JSON.stringify({ instances: pick([null, {}, [[]], [1], ['']]) }),
      () => JSON.stringify({ key: pick([text(22), 'AAAAAAAAAAAAAAAAAAAAAA', '../../access/x', 1, null]) }),
      () => `{"__proto__":{"image":"x"},"image":${JSON.stringify(image)},"constructor":1}`,
      () => `${'['.repeat(deep)}${']'.repeat(deep)}`,
      () => `${'{"a":'.repeat(deep)}1${'}'.repeat(deep)}`,
      () => pick(['', 'null', '1e999', '{"image":', '\u0000', '"\\ud800"', '{"image":"x","image":"y"}']),
    ])();
  }

  const query = () =>
    pick([
      ...['', '', '', '?top=1', '?top=-1', '?top=1e9', '?threshold=NaN', '?threshold=0.5', '?x=%'],
      '?top=1&top=2',
    ]);

  const tricks = (): Record<string, string> =>
    pick<() => Record<string, string>>([
      () => ({}),
      () => ({}),
      () => ({ 'x-request-id': pick([text(64), text(65), 'a b', '$(x)', '%0d%0aset-cookie: a=b']) }),
      () => ({ accept: pick(['*/*', 'image/png', 'text/html', '']) }),
      () => ({ 'content-encoding': pick(['gzip', 'br', 'x']) }),
      () => ({ 'x-api-key': text(20) }),
      () => ({ 'if-none-match': pick(['*', '"', text(100)]) }),
      () => ({ 'x-forwarded-for': text(50), 'x-amzn-trace-id': text(30) }),
      () => ({ 'x-filler': text(3_000) }),
    ])();

  const caller = () => (below(50) === 0 ? 'slow' : 'fuzz');
  const manner = () => (below(12) > 0 ? 'whole' : pick(['drops', 'short', 'gone'] as const));

  function prediction(): FuzzRequest {
    const isJson = below(3) === 0;
    const body = isJson ? Buffer.from(json()) : image();
    const type =
      below(6) === 0 ? pick([...OTHER_TYPES, ...TYPES]) : isJson ? 'application/json' : pick(TYPES);
    return {
      ...{
        operation: PREDICT,
        method: 'POST',
        path: `/domains/${fuzzedDomain(picks)}/predictions${query()}`,
        body,
      },
      headers: { ...(type === '' ? {} : { 'content-type': type }), ...tricks() },
      ...{ caller: caller(), manner: manner() },
    };
  }

  const image = () =>
    pick([
      () => damaged(picks, images),
      () => damaged(picks, images),
      () => bomb(picks, images),
      () => pick(images),
    ])();

  function ofRoute(): FuzzRequest {
    const operation = pick(operations);
    const { path, body = '', headers = {} } = routes[operation]!();
    const method = operation.split(' ')[0]!;
    return {
      ...{ operation, method, path, body: Buffer.from(body) },
      headers: { ...contentType(), ...headers, ...tricks() },
      ...{ caller: caller(), manner: method === 'GET' ? 'whole' : manner() },
    };
  }

  function ofNoRoute(): FuzzRequest {
    const [method, path] = pick<[string, string]>([
      [
        pick(['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS']),
        pick(['/', '//', '/domains/', '/domains/fuzz/x', '/%', '/health/../domains/x/y/z']),
      ],
      [pick(['PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS']), routes[pick(operations)]!().path],
    ]);
    const body = method === 'HEAD' ? '' : json();
    return {
      ...{ operation: undefined, method, path, headers: { ...contentType(), ...tricks() } },
      ...{ body: Buffer.from(body), caller: caller(), manner: 'whole' },
    };
  }

  const contentType = () => ({ 'content-type': below(8) > 0 ? 'application/json' : 'text/plain' });

  return () => {
    const part = below(32);
    return part === 0 ? ofNoRoute() : part < 13 ? ofRoute() : prediction();
  };
}
