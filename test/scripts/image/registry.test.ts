import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resolveNodeImage } from '../../../scripts/image/registry.ts';

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;

let server: Server;
let url: string;
beforeEach(async () => {
  // As Docker Hub: an anonymous token first, an index of platforms, the platform's manifest, its
  // configuration.
  server = createServer((request, response) => {
    const path = request.url!;
    if (path.startsWith('/token?')) {
      const query = new URL(path, url).searchParams;
      const isAsked =
        query.get('scope') === 'repository:library/node:pull' && query.get('service') === 'registry';
      response.end(JSON.stringify({ token: isAsked ? 'secret' : 'wrong' }));
      return;
    }
    if (request.headers.authorization !== 'Bearer secret') {
      response.setHeader(
        'www-authenticate',
        `Bearer realm="${url}/token",service="registry",scope="repository:library/node:pull"`,
      );
      response.writeHead(401).end();
      return;
    }
    const answers: Record<string, [string, unknown]> = {
      '24-bookworm-slim': [
        digest('a'),
        {
          manifests: [
            { digest: digest('d'), platform: { os: 'linux', architecture: 'arm64' } },
            { digest: digest('b'), platform: { os: 'linux', architecture: 'amd64' } },
          ],
        },
      ],
      [digest('b')]: [digest('b'), { config: { digest: digest('c') } }],
      [digest('c')]: [digest('c'), { config: { Env: ['PATH=/usr/bin', 'NODE_VERSION=24.30.1'] } }],
    };
    const answer = answers[path.split('/').at(-1)!];
    if (answer === undefined) response.writeHead(404).end();
    else response.setHeader('docker-content-digest', answer[0]).end(JSON.stringify(answer[1]));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

describe('what a tag of the base stands for', () => {
  it('is the digest of all its platforms, and the version of Node in it', async () => {
    expect(await resolveNodeImage('24-bookworm-slim', url)).toEqual({
      digest: digest('a'),
      version: '24.30.1',
    });
  });

  it('is an error that names the tag where there is none', async () => {
    await expect(resolveNodeImage('25-nothing', url)).rejects.toMatchObject({
      name: 'RegistryRefused',
      message: expect.stringContaining('manifests/25-nothing answers 404'),
    });
  });

  it('is an error with a remedy where no registry can be reached', async () => {
    await expect(resolveNodeImage('24-bookworm-slim', 'http://127.0.0.1:1')).rejects.toMatchObject({
      name: 'RegistryRefused',
      hint: expect.stringContaining('--registry'),
    });
  });
});
