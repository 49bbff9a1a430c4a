import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import type { Clock } from '../../../service.ts';
import { askContainer } from '../ask-container.ts';

/** SageMaker waits this long for the response to a `/ping`. */
const PING_TIMEOUT_MS = 2_000;

/** Whether `/ping` returns 200 in time. */
export async function ping(address: string, clock: Clock): Promise<boolean> {
  const abort = new AbortController();
  const cancel = clock.after(PING_TIMEOUT_MS, () => abort.abort());
  try {
    const response = await askContainer(`${address}/ping`, { signal: abort.signal });
    await response.arrayBuffer();
    return response.status === 200;
  } finally {
    cancel();
  }
}

/** A port that no process of this machine listens on at the moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
