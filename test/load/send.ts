import { Agent, request } from 'node:http';
import { setTimeout } from 'node:timers/promises';

/** What clients saw of one phase. Status 0 is a connection that broke. */
export interface Seen {
  statuses: Record<number, number>;
  /** Milliseconds of the answers with 200. */
  milliseconds: number[];
  /** Requests a second that were sent. */
  sent: number;
}

/** A client of an endpoint that sends one image again and again. */
export interface Sender {
  /** One request after another on so many connections. */
  closed(options: { clients: number; until: () => boolean }): Promise<Seen>;
  /** So many requests a second, whatever becomes of those before. */
  open(options: { perSecond: number; seconds: number }): Promise<Seen>;
  /** Milliseconds and status of one request. */
  once(): Promise<{ status: number; took: number }>;
  end(): void;
}

/** Requests that may be under way: an operating system has so many sockets. */
const MOST_AT_ONCE = 2_000;
const TICK_MS = 10;

export function createSender(port: number, image: Uint8Array): Sender {
  const agent = new Agent({ keepAlive: true, maxSockets: MOST_AT_ONCE });

  function once(): Promise<{ status: number; took: number }> {
    const began = performance.now();
    return new Promise((resolve) => {
      const done = (status: number) => resolve({ status, took: performance.now() - began });
      const asked = request({
        ...{ agent, port, host: '127.0.0.1', method: 'POST', path: '/invocations' },
        headers: { 'content-type': 'image/jpeg', 'content-length': image.length },
      });
      asked.on('error', () => done(0));
      asked.on('response', (response) => {
        response.resume();
        response.on('end', () => done(response.statusCode!));
        response.on('error', () => done(0));
      });
      asked.end(image);
    });
  }

  /** Counts requests into what is seen. */
  function counted(seen: Seen) {
    return async () => {
      const { status, took } = await once();
      seen.statuses[status] = (seen.statuses[status] ?? 0) + 1;
      if (status === 200) seen.milliseconds.push(took);
    };
  }

  return {
    once,
    async closed({ clients, until }) {
      const seen: Seen = { statuses: {}, milliseconds: [], sent: 0 };
      const ask = counted(seen);
      const began = performance.now();
      let sent = 0;
      await Promise.all(
        Array.from({ length: clients }, async () => {
          while (!until()) {
            sent++;
            await ask();
          }
        }),
      );
      return { ...seen, sent: (sent / (performance.now() - began)) * 1000 };
    },
    async open({ perSecond, seconds }) {
      const seen: Seen = { statuses: {}, milliseconds: [], sent: 0 };
      const ask = counted(seen);
      const running = new Set<Promise<void>>();
      const began = performance.now();
      const elapsed = () => (performance.now() - began) / 1000;
      let sent = 0;
      while (elapsed() < seconds) {
        const due = Math.floor(elapsed() * perSecond);
        for (; sent < due && running.size < MOST_AT_ONCE; sent++) {
          const asked: Promise<void> = ask().finally(() => running.delete(asked));
          running.add(asked);
        }
        await setTimeout(TICK_MS);
      }
      const took = elapsed();
      await Promise.all(running);
      return { ...seen, sent: sent / took };
    },
    end: () => agent.destroy(),
  };
}
