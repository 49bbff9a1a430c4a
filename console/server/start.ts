import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InvalidInputError } from '#core/errors.ts';
import { ProblemError } from '#core/problem.ts';
import { consoleRoutes } from './api.ts';
import { findRoute } from './routes.ts';
import { checkAddress, checkToken, SECURITY_HEADERS } from './security.ts';
import type { ConsoleServices } from './services.ts';
import { writeAnswer, writeAsset, writeProblem } from './write-answer.ts';

/** The files of the page by their paths: `/index.html` and what it loads. */
export type PageFiles = ReadonlyMap<string, { bytes: Uint8Array; type: string }>;

export interface ConsoleOptions {
  services: ConsoleServices;
  page: PageFiles;
  /** 0 for any free one. */
  port: number;
}

export interface RunningConsole {
  /** With the token in its fragment: the address to open. */
  url: string;
  port: number;
  token: string;
  stop(): Promise<void>;
}

/**
 * Serves the console on the loopback interface.
 *
 * @throws InvalidInputError when the port is taken
 */
export async function startConsole({
  services,
  page,
  port: wanted,
}: ConsoleOptions): Promise<RunningConsole> {
  const token = randomBytes(24).toString('base64url');
  const routes = consoleRoutes(services);
  let port = wanted;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    checkAddress(request, port);
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://console');
    if (!pathname.startsWith('/api/')) return answerWithPage(request, response, pathname);
    checkToken(request, token);
    const { route, path } = findRoute(routes, request.method ?? '', pathname);
    if (route.changes && services.session.readOnly) {
      throw new ProblemError(
        403,
        'This console is read-only: start it without --read-only to decide something',
      );
    }
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    try {
      await writeAnswer(
        response,
        await route.answer({ path, query: searchParams, request, signal: gone.signal }),
      );
    } catch (error) {
      if (gone.signal.aborted) return;
      throw services.explain(error, `answer ${route.pattern}`);
    }
  }

  /** Addresses of the page's own are answered with the page, which shows what they name. */
  function answerWithPage(request: IncomingMessage, response: ServerResponse, path: string): void {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      throw new ProblemError(405, `${request.method} is not possible here`, {
        headers: { allow: 'GET, HEAD' },
      });
    }
    const file = page.get(path) ?? (/\.\w+$/.test(path) ? undefined : page.get('/index.html'));
    if (file === undefined) throw new ProblemError(404, `There is no ${path}`);
    writeAsset(response, file, request.headers['accept-encoding'] as string | undefined);
  }

  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
    answer(request, response).catch((error: unknown) => writeProblem(response, error));
  });
  server.listen(wanted, '127.0.0.1');
  await once(server, 'listening').catch((error: Error) => {
    throw new InvalidInputError(`Port ${wanted} cannot be used: ${error.message}`, {
      hint: 'Name another one with --port; 0 takes any free one.',
    });
  });
  port = (server.address() as AddressInfo).port;
  return {
    url: `http://127.0.0.1:${port}/#${token}`,
    port,
    token,
    async stop() {
      server.closeAllConnections();
      await services.localModels.close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
