import type { RouteHandler } from '../../service.ts';
import type { Topics } from './topics.ts';

export const PUBLISHED_PREFIX = '/_local/sns/';

/** `/_local/sns/<topic>`: the published messages, oldest first, for users and tests. */
export function showPublished(topics: Topics): RouteHandler {
  return (_request, response, url) => {
    const name = decodeURIComponent(url.pathname.slice(PUBLISHED_PREFIX.length));
    const topic = topics.list().find((one) => one.name === name);
    const body = topic?.messages.entries() ?? { message: `There is no topic "${name}".` };
    response.writeHead(topic === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(`${JSON.stringify(body, undefined, 2)}\n`);
  };
}
