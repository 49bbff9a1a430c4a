import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface BadLinkOptions {
  /** Bytes a second towards the server, over all connections. */
  bytesPerSecond: number;
  /**
   * After so many bytes in all, one connection is cut, in the middle of what it sends, or all of them are and
   * none is accepted for some seconds.
   */
  cuts: readonly { afterBytes: number; outageSeconds?: number }[];
}

/** A link that is slow and breaks. It counts the bytes that the client hands to it, headers included. */
export async function startBadLink(endpoint: string, options: BadLinkOptions) {
  const { hostname, port } = new URL(endpoint);
  const open = new Set<Socket>();
  const waiting = [...options.cuts];
  let bytes = 0;
  let cuts = 0;
  let freeAt = 0;
  let downUntil = 0;

  const cut = (socket: Socket, outageSeconds: number | undefined) => {
    cuts++;
    if (outageSeconds !== undefined) {
      downUntil = performance.now() + outageSeconds * 1000;
      for (const each of open) each.destroy();
    } else socket.destroy();
  };
  const server = createServer((client) => {
    if (performance.now() < downUntil) {
      client.destroy();
      return;
    }
    open.add(client);
    const onward = connect(Number(port), hostname);
    client.on('close', () => {
      open.delete(client);
      onward.destroy();
    });
    onward.on('close', () => client.destroy());
    for (const socket of [client, onward]) socket.on('error', () => {});
    onward.pipe(client);
    void forward(client, onward);
  });
  async function forward(client: Socket, onward: Socket) {
    try {
      for await (const chunk of client) {
        bytes += (chunk as Buffer).length;
        freeAt =
          Math.max(performance.now(), freeAt) + ((chunk as Buffer).length / options.bytesPerSecond) * 1000;
        await sleep(freeAt - performance.now());
        if (waiting.length > 0 && bytes >= waiting[0]!.afterBytes && (chunk as Buffer).length > 10_000) {
          cut(client, waiting.shift()!.outageSeconds);
          return;
        }
        if (!onward.write(chunk)) await once(onward, 'drain');
      }
      onward.end();
    } catch {
      onward.destroy();
    }
  }
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bytes: () => bytes,
    cuts: () => cuts,
    async stop() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
