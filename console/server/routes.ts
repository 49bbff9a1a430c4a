import type { IncomingMessage } from 'node:http';
import { ProblemError } from '#core/problem.ts';

export interface Asked {
  /** By the names in the pattern. */
  path: Readonly<Record<string, string>>;
  query: URLSearchParams;
  request: IncomingMessage;
  /** Aborted when the page has gone. */
  signal: AbortSignal;
}

/** An answer as JSON, bytes, or a stream of events. */
export type Answer =
  | { json: unknown }
  | { bytes: Uint8Array; type: string }
  | { events: AsyncIterable<{ event: string; data: unknown }> };

export interface Route {
  method: 'GET' | 'POST';
  /** @example `/api/domains/:domain` */
  pattern: string;
  /** Whether it changes something: refused in read-only mode. */
  changes?: boolean;
  answer(asked: Asked): Promise<Answer>;
}

/**
 * The route of a request, and what stands in its path.
 *
 * @throws ProblemError 404, 405
 */
export function findRoute(
  routes: readonly Route[],
  method: string,
  path: string,
): { route: Route; path: Record<string, string> } {
  const found = routes.flatMap((route) => {
    const values = match(route.pattern, path);
    return values === undefined ? [] : [{ route, path: values }];
  });
  const fitting = found.find(({ route }) => route.method === method);
  if (fitting !== undefined) return fitting;
  if (found.length === 0) throw new ProblemError(404, `There is no ${path}`);
  const allowed = found.map(({ route }) => route.method).join(', ');
  throw new ProblemError(405, `${method} is not possible here`, { headers: { allow: allowed } });
}

function match(pattern: string, path: string): Record<string, string> | undefined {
  const [wanted, given] = [pattern.split('/'), path.split('/')];
  if (wanted.length !== given.length) return undefined;
  const values: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    if (!part.startsWith(':')) {
      if (part !== given[index]) return undefined;
      continue;
    }
    try {
      values[part.slice(1)] = decodeURIComponent(given[index]!);
    } catch {
      return undefined;
    }
  }
  return values;
}
