/**
 * Sends a request to a container, on a connection of its own. A container may close one that was kept just
 * when the next request is written, and then there is no telling whether it has seen that request.
 */
export function askContainer(
  url: string,
  { headers, ...request }: Omit<RequestInit, 'headers'> & { headers?: Record<string, string> } = {},
): Promise<Response> {
  return fetch(url, { ...request, headers: { ...headers, connection: 'close' } });
}
