/**
 * Clients of a server, each with a connection that it keeps: it sends the same image again as soon as it has
 * the answer, or at a steady rate of all clients together. Written on bare sockets, because the clients
 * share the server's cores.
 */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { answerCommands } from './helper.ts';

export interface LoadCommand {
  port: number;
  clients: number;
  seconds: number;
  /** Requests of all clients together; as many as the server answers when left out. */
  perSecond?: number;
}
export interface LoadResult {
  perSecond: number;
  /**
   * Milliseconds from the first byte of a request to the last one of its answer, of every request. At a
   * steady rate from the moment at which it was due, so that waiting for a slow answer before it counts, too.
   */
  milliseconds: number[];
  /** The same of `GET /ping`, one every 250 ms on a connection of its own. */
  pings: number[];
  /** Share of one core that this process took. */
  processor: number;
}

const PING_EVERY_MS = 250;

const image = await readFile(process.argv[2]!);
const ping = Buffer.from('GET /ping HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n');
const head = `POST /invocations HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: image/jpeg\r\ncontent-length: ${image.length}\r\n\r\n`;
const invocation = Buffer.concat([Buffer.from(head), image]);

/** Sends one request and waits for the whole answer, which must be a 200 of a known length. */
function exchange(socket: Socket, request: Buffer): Promise<number> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    let text = '';
    const failed = () => reject(new Error('The server closed a connection'));
    const receive = (chunk: string) => {
      text += chunk;
      const end = text.indexOf('\r\n\r\n');
      if (end < 0) return;
      const length = /^content-length: (\d+)/im.exec(text)?.[1];
      if (!text.startsWith('HTTP/1.1 200 ') || length === undefined) {
        reject(new Error(`The server answers ${text}`));
      } else if (text.length - end - 4 === Number(length)) {
        socket.off('data', receive).off('close', failed);
        resolve(performance.now() - started);
      }
    };
    socket.on('data', receive).on('close', failed);
    socket.write(request);
  });
}

async function open(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true }).setEncoding('latin1');
  await once(socket, 'connect');
  return socket;
}

await answerCommands<LoadCommand>(async ({ port, clients, seconds, perSecond }) => {
  const sockets = await Promise.all(Array.from({ length: clients + 1 }, () => open(port)));
  const [pinging, ...asking] = sockets;
  const processor = process.cpuUsage();
  const started = performance.now();
  const elapsed = () => (performance.now() - started) / 1000;
  const milliseconds: number[] = [];
  let next = 0;
  /** Waits for the moment of the next request, and gives how late it is, in milliseconds. */
  const due = async () => {
    if (perSecond === undefined) return 0;
    const late = elapsed() - next++ / perSecond;
    if (late < 0) await new Promise((resolve) => setTimeout(resolve, -late * 1000));
    return Math.max(0, late * 1000);
  };
  const pings: number[] = [];
  const pinged = (async () => {
    while (elapsed() < seconds) {
      pings.push(await exchange(pinging!, ping));
      await new Promise((resolve) => setTimeout(resolve, PING_EVERY_MS));
    }
  })();
  // What is under way at the end is waited for and counts, over the time until its own answer.
  const rates = await Promise.all(
    asking.map(async (socket) => {
      let done = 0;
      while (elapsed() < seconds) {
        const late = await due();
        if (elapsed() >= seconds) break;
        milliseconds.push(late + (await exchange(socket, invocation)));
        done++;
      }
      return done / elapsed();
    }),
  );
  const used = process.cpuUsage(processor);
  const took = elapsed();
  await pinged;
  for (const socket of sockets) socket.destroy();
  return {
    perSecond: rates.reduce((a, b) => a + b, 0),
    milliseconds,
    pings,
    processor: (used.user + used.system) / 1e6 / took,
  } satisfies LoadResult;
});
