import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InvalidInputError } from './errors.ts';

/**
 * Opens a port.
 *
 * @param port 0 for any free one
 * @returns the base URL
 * @throws InvalidInputError when the port is in use, or the address is none of this machine
 */
export async function listen(server: Server, port: number, host: string): Promise<string> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') {
      throw new InvalidInputError(`port ${port} on ${host} is in use`, {
        cause: error,
        hint: `Stop the program that uses it, or choose another port: --port ${port + 1}`,
      });
    }
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
      throw new InvalidInputError(`${host} is no address of this machine`, { cause: error });
    }
    throw error;
  }
  return `http://${host.includes(':') ? `[${host}]` : host}:${(server.address() as AddressInfo).port}`;
}
