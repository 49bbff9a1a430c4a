import { existsSync } from 'node:fs';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { describeError, InvalidInputError, NotFoundError } from '#core/errors.ts';
import { startHelper } from './serve/helper.ts';
import { makeServedModel } from './serve/model.ts';
import { photograph } from './serve/photograph.ts';
import { type Server, startPeer, startServe } from './serve/servers.ts';
import { measureThroughApi, type ThroughApi } from './serve/through-api.ts';
import { type Row, summarise, type Turns, takeTurns } from './serve/turns.ts';

const HELP = `npm run bench:serve -- [--clients 1,8,32] [--rounds 5] [--seconds 3] [--model DIR] [--python python3] [--json]

A JPEG of 400 × 534 pixels to an answer, from 1, 8 and 32 clients: requests a second and latency of the container's serve (its real
process), as a share of a bare loop of decoding and inference on as many threads, and beside FastAPI with Python's onnxruntime
(bench/peers/serve_fastapi.py) on the same file, and serve at half of its rate. They take turns within each round. Then what the
function predict adds to a direct InvokeEndpoint, both in the local AWS. Clients are a process of their own on the same
cores; what it takes counts against the servers, not against the bare loop.

  --clients LIST   numbers of clients                                                1,8,32
  --rounds N       turns of each                                                     5
  --seconds N      of each turn                                                      3
  --model DIR      a served model; MobileNet V1 with a random head when left out
  --python FILE    interpreter with fastapi, uvicorn, onnxruntime, numpy and pillow  python3
  --pairs N        requests of InvokeEndpoint and of predict each                    100
  --json           last line: {threads, rows, memory, api}; a row: {clients, perSecond, p50, p99, half, shareOfBare, peers: [{name, times, …}], …}

The data is looked for in GRAFT_DATA, otherwise in ../shared/data.`;

const FOLDER = resolve('.graft', 'bench', 'serve');

/** Starts all of them; a peer that cannot start is its reason instead. */
async function startAll(python: string, image: string, threads: number) {
  const helper = (file: string, ...args: string[]) =>
    startHelper(join(import.meta.dirname, 'serve', file), args);
  const started = await Promise.all(
    [
      { name: 'FastAPI, one process', workers: 1, threads: 0 },
      { name: 'FastAPI, one a core', workers: threads, threads: 1 },
    ].map((options) => startPeer(python, FOLDER, options).catch((error: Error) => error.message)),
  );
  const peers = started.filter((peer) => typeof peer !== 'string');
  const serve = await startServe(FOLDER, threads);
  const bare = await Promise.all(
    Array.from({ length: threads }, () => helper('bare.ts', join(FOLDER, 'model'), image)),
  );
  const load = await helper('load.ts', image);
  return {
    ...{ load, bare, serve, peers },
    skipped: started.find((peer) => typeof peer === 'string'),
    async end() {
      await Promise.all([...bare, load].map((each) => each.end()));
      await Promise.all([serve, ...peers].map((server) => server.stop()));
    },
  };
}

async function prepare(model: string | undefined): Promise<string> {
  const data = process.env.GRAFT_DATA ?? resolve('..', 'shared', 'data');
  const backbone = join(data, 'onnx', 'mobilenet_v1_imagenet_cut12.onnx');
  if (!existsSync(backbone)) {
    throw new NotFoundError(`There is no ${backbone}`, { hint: 'Say in GRAFT_DATA where the data is.' });
  }
  await rm(FOLDER, { recursive: true, force: true });
  await mkdir(FOLDER, { recursive: true });
  if (model === undefined) await makeServedModel(backbone, join(FOLDER, 'model'));
  else await cp(model, join(FOLDER, 'model'), { recursive: true });
  const image = join(FOLDER, 'photograph.jpg');
  await writeFile(image, await photograph(data));
  return image;
}

async function main() {
  const { values } = parseArgs({
    options: {
      clients: { type: 'string', default: '1,8,32' },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '3' },
      model: { type: 'string' },
      pairs: { type: 'string', default: '100' },
      python: { type: 'string', default: 'python3' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(HELP);
  const positive = (option: string, text: string) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= 1) return value;
    throw new InvalidInputError(`--${option} "${text}" is not a whole number from 1`);
  };
  const rounds = positive('rounds', values.rounds);
  const seconds = positive('seconds', values.seconds);
  const pairs = positive('pairs', values.pairs);
  const clientCounts = values.clients.split(',').map((text) => positive('clients', text));
  const threads = availableParallelism();
  const image = await prepare(values.model);
  const { rows, memory, skipped } = await measure();
  const api = await measureThroughApi(FOLDER, image, pairs);
  report(rows, { threads, memory, skipped, api });
  if (values.json) console.log(JSON.stringify({ threads, rows, memory, api }));

  async function measure() {
    const all = await startAll(values.python, image, threads);
    try {
      const start = (): Turns[] =>
        clientCounts.map((clients) => ({ clients, bare: [], serve: [], half: [], peers: new Map() }));
      // A round that does not count: memory grows to its size, and processors get to their speed.
      for (const turns of start()) await takeTurns(turns, all, 1);
      const before = all.serve.memory();
      const measured = start();
      for (let round = 0; round < rounds; round++) {
        for (const turns of measured) await takeTurns(turns, all, seconds);
      }
      const memory = { before, after: all.serve.memory() };
      const rows = measured.map(summarise);
      return { rows, memory, skipped: all.skipped };
    } finally {
      await all.end();
    }
  }
}

interface Run {
  threads: number;
  memory: Record<'before' | 'after', ReturnType<Server['memory']>>;
  /** Why FastAPI does not take part. */
  skipped: string | undefined;
  api: ThroughApi;
}

function report(rows: readonly Row[], { threads, memory, skipped, api }: Run): void {
  console.log(`${threads} threads; medians of the turns, latency in milliseconds of all requests,`);
  console.log('processor time in milliseconds a request\n');
  console.log('clients                           requests/s     p50     p99   processor');
  const cell = (value: number | undefined, width: number) => (value?.toFixed(1) ?? '').padStart(width);
  for (const { clients, bare, half, shareOfBare, peers, pingP99, ...serve } of rows) {
    const line = (name: string, figures: Partial<typeof serve>, more = '') => {
      const { perSecond, processorMs, p50, p99 } = figures;
      const cells = [cell(perSecond, 10), cell(p50, 7), cell(p99, 7), cell(processorMs, 11)];
      console.log(`${name.padEnd(33)} ${cells.join(' ')}   ${more}`);
    };
    line(`${String(clients).padStart(7)}   serve`, serve, `ping p99 ${pingP99.toFixed(1)}`);
    line('          serve at half of that', half, `p99 is ${(half.p99 / half.p50).toFixed(1)} times p50`);
    line('          bare loop', bare, `serve has ${shareOfBare.toFixed(2)} of it`);
    for (const peer of peers)
      line(`          ${peer.name}`, peer, `serve has ${peer.times.toFixed(2)} times as many`);
  }
  const shares = rows.map(({ loadGenerator }) => `${(loadGenerator * 100).toFixed(1)} %`).join(', ');
  console.log(`\nThe clients took ${shares} of one core, which the bare loop has to itself.`);
  console.log(`Memory of serve: ${memory.before.now} MiB warm, ${memory.after.now} MiB at the end.`);
  console.log(
    `InvokeEndpoint takes ${api.direct} ms, predict ${api.predict} ms: it adds ${api.added} ms (medians).`,
  );
  if (skipped !== undefined) console.log(`FastAPI skipped: ${skipped}`);
}

await main().catch((error) => {
  console.error(describeError(error));
  process.exitCode = 1;
});
