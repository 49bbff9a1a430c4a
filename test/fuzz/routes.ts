import type { Picks } from './picks.ts';

/** What the stack has, for requests that are right. */
export interface Known {
  /** URI of a folder of images of the domain `fuzz`, without a slash at its end. */
  photographs: string;
  /** Idempotency keys of batches. With no other key a batch is started, since each costs a process. */
  batchKeys: readonly string[];
  /** The ids that these batches have, or will have. */
  batches: readonly string[];
}

/** A request to one of the API's routes. */
export interface Routed {
  /** Below the stage, with its query. */
  path: string;
  /** JSON, or something like it; empty where left out. */
  body?: string;
  headers?: Record<string, string>;
}

const VERSION = '20261101T000000Z-aaaaaa';

/**
 * Makes requests, wrong and right ones, to all routes but that of predictions, by the route as the OpenAPI
 * document has it. Those that are right start nothing but the known batches.
 *
 * @param json makes a body for any route
 */
export function createRoutes(picks: Picks, known: Known, json: () => string): Record<string, () => Routed> {
  const { pick, text, below } = picks;
  const domain = () => fuzzedDomain(picks);
  const batch = () => {
    const id = pick(below(3) > 0 ? known.batches : ['0'.repeat(16), 'X', '%2e%2e', encoded(text(20))]);
    return `/domains/${domain()}/batches/${id}`;
  };
  const token = () =>
    pick([
      ...['x', 'e30', '%', ''],
      ...['"x"', '"\\ud800"', '"\\u0000"', '1', JSON.stringify('x'.repeat(3_000))].map((after) =>
        Buffer.from(`{"after":${after}}`).toString('base64url'),
      ),
    ]);
  const page = (...others: string[]) =>
    pick([
      ...['', '', '', '?limit=1', '?limit=0', '?limit=x', '?limit=1&limit=2', '?a=b'],
      ...[`?next=${token()}`, `?limit=1&next=${token()}`],
      ...others,
    ]);
  const keyed = (): Record<string, string> =>
    pick([
      {},
      { 'idempotency-key': text(1 + below(255)) },
      { 'idempotency-key': pick(['', 'a b', 'x'.repeat(256), 'é']) },
    ]);
  const starts = (path: string, bodies: readonly unknown[]): Routed => ({
    ...{ path, headers: keyed(), body: pick([...bodies.map((body) => JSON.stringify(body)), json()]) },
  });

  function startBatch(): Routed {
    const path = `/domains/${domain()}/batches`;
    const { photographs } = known;
    if (below(2) === 0) {
      const input = pick([photographs, `${photographs}/`, `${photographs}/`, `${photographs}/more`]);
      return {
        path,
        body: JSON.stringify({ input }),
        headers: { 'idempotency-key': pick(known.batchKeys) },
      };
    }
    const wrong = [
      ...['', 1, null, [], 's3://', 's3://other/domains/fuzz/x', `${photographs}/../../../x`],
      ...[photographs.replace(/[^/]+$/, ''), `${photographs}/none`, `${photographs}//more`],
      ...[`${photographs}/\ud800`, `${photographs}/\u0000`, `${photographs}/${'x'.repeat(2_000)}`],
    ];
    return starts(path, [{ input: pick(wrong) }, { input: photographs, more: 1 }, {}]);
  }

  return {
    'POST /uploads': () => ({
      path: '/uploads',
      body: pick(['{"contentType":"image/png"}', '{"contentType":"text/html"}', '{}', json()]),
    }),
    'GET /domains': () => ({ path: `/domains${page()}` }),
    'GET /domains/{domain}': () => ({ path: `/domains/${domain()}` }),
    'GET /domains/{domain}/history': () => ({ path: `/domains/${domain()}/history${page()}` }),
    'POST /domains/{domain}/rollback': () =>
      starts(`/domains/${domain()}/rollback`, [
        { by: 'Ada' },
        { by: 'Ada', reason: 'a', toVersion: VERSION },
        { by: ' ' },
        { by: 'Ada', toVersion: '../../x' },
      ]),
    'POST /domains/{domain}/batches': startBatch,
    'GET /domains/{domain}/batches': () => ({ path: `/domains/${domain()}/batches${page()}` }),
    'GET /domains/{domain}/batches/{id}': () => ({ path: batch() }),
    'GET /domains/{domain}/batches/{id}/results': () => ({
      path: `${batch()}/results${page('?top=1', '?threshold=0.9&limit=2', '?top=-1', '?threshold=NaN')}`,
    }),
    'POST /domains/{domain}/batches/{id}/stop': () => ({ path: `${batch()}/stop`, body: json() }),
    'GET /promotions': () => ({ path: `/promotions${page('?status=RUNNING', '?status=x')}` }),
    'POST /promotions': () =>
      starts('/promotions', [
        { model: 'none', version: VERSION },
        { model: 'none', version: VERSION, domains: ['fuzz'], force: { by: 'Ada', reason: 'a' } },
        { model: 'none', version: 'x' },
        { rollback: { domain: 'fuzz', by: 'Ada' } },
      ]),
    'GET /promotions/{id}': () => ({
      path: `/promotions/${pick(['x', '%2e', 'a'.repeat(90), encoded(text(30))])}`,
    }),
    'GET /health': () => ({ path: `/health${pick(['', '?a=b'])}` }),
    'GET /openapi.json': () => ({ path: '/openapi.json' }),
  };
}

/** Mostly the domain that there is, so that most requests are about it. */
export const fuzzedDomain = ({ pick, below }: Picks): string =>
  below(4) > 0 ? 'fuzz' : pick(['nobody', 'No_Name', '%2e%2e', '*', '%00', 'f%C3%BC']);

const encoded = (part: string) => encodeURIComponent(part);
