import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AgentStatus } from '#core/contracts/agent-status.ts';
import { agentAt, agentRows } from '../../console/server/agents.ts';
import { startHealthServer } from '../../onprem-agent/service/health-server.ts';

const status: AgentStatus = {
  ...{
    schemaVersion: 1,
    host: 'gpu-box',
    agentVersion: '0.1.0',
    state: '/var/lib/graft',
    bandwidth: '2 MB/s',
  },
  ...{ service: null, trainings: [], spool: [], damaged: [], results: [] },
};
let health: Awaited<ReturnType<typeof startHealthServer>>;
let answer: unknown = status;
const other = createServer((request, response) => {
  if (request.url === '/status') response.end('{"schemaVersion":1,"more":true}');
  else response.writeHead(404).end();
});
const addressOf = (port: number, path = '') => new URL(`http://127.0.0.1:${port}${path}`);
let otherPort: number;

beforeAll(async () => {
  health = await startHealthServer({
    port: 0,
    metrics: async () => '',
    status: async () => {
      if (answer instanceof Error) throw answer;
      return answer;
    },
    unhealthy: () => undefined,
  });
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  otherPort = (other.address() as AddressInfo).port;
});
afterAll(async () => {
  await health.stop();
  other.close();
});

const ask = (...addresses: URL[]) => agentRows(addresses.map(agentAt), new AbortController().signal);

test('an agent is asked by its address, and one that does not answer is no error of the others', async () => {
  const gone = createServer();
  await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve));
  const { port } = gone.address() as AddressInfo;
  await new Promise((resolve) => gone.close(resolve));

  const rows = await ask(addressOf(health.port), addressOf(port), addressOf(otherPort, '/below/'));

  expect(rows).toEqual([
    { name: `http://127.0.0.1:${health.port}`, status },
    {
      name: `http://127.0.0.1:${port}`,
      problem: {
        message: `http://127.0.0.1:${port} does not answer: ECONNREFUSED`,
        hint: expect.stringContaining('graft watch'),
      },
    },
    {
      name: `http://127.0.0.1:${otherPort}/below`,
      problem: {
        message: expect.stringContaining('/below/status answers with status 404'),
        hint: expect.any(String),
      },
    },
  ]);
});

test('another form of answer is refused, naming what is wrong', async () => {
  const [row] = await ask(addressOf(otherPort));

  expect(row?.problem?.message).toMatch(/host: .*more/);
  expect(row?.problem?.hint).toContain('another version of graft');
});

test('a status that cannot be read ends neither the agent nor the page', async () => {
  answer = new Error('no state');
  const [row] = await ask(addressOf(health.port));
  answer = status;

  expect(row?.problem?.message).toContain('status 500');
  expect((await ask(addressOf(health.port)))[0]?.status).toEqual(status);
});

test('the agent tells no page that came by another name', async () => {
  const { request } = await import('node:http');
  const asked = (host: string) =>
    new Promise((resolve) => {
      const options = { port: health.port, host: '127.0.0.1', path: '/status', headers: { host } };
      request(options, (response) => resolve(response.resume().statusCode)).end();
    });

  expect(await asked('rebound.example:9469')).toBe(403);
  expect(await asked('localhost:9469')).toBe(200);
});
