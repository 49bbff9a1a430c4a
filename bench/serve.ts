import { existsSync } from 'node:fs';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { describeError, InvalidInputError, NotFoundError } from '#core/errors.ts';
import type { BareResult } from './serve/bare.ts';
import { type Helper, startHelper } from './serve/helper.ts';
import type { LoadResult } from './serve/load.ts';
import { makeServedModel } from './serve/model.ts';
import { photograph } from './serve/photograph.ts';
import { type Server, startPeer, startServe } from './serve/servers.ts';
import { median } from './shared/summary.ts';

const HELP = `npm run bench:serve -- [--rounds 5] [--seconds 3] [--model DIR] [--python python3] [--json]

A JPEG of 400 × 534 pixels to an answer, from 1, 8 and 32 clients: requests a second and latency of the container's serve (its real
process), as a share of a bare loop of decoding and inference on as many threads, and beside FastAPI with Python's onnxruntime
(bench/peers/serve_fastapi.py) on the same file. They take turns within each round. Clients are a process of their own on the same
cores; what it takes counts against the servers, not against the bare loop.

  --rounds N       turns of each                                                     5
  --seconds N      of each turn                                                      3
  --model DIR      a served model; MobileNet V1 with a random head when left out
  --python FILE    interpreter with fastapi, uvicorn, onnxruntime, numpy and pillow  python3
  --json           last line: {threads, rows, memory}

The data is looked for in GRAFT_DATA, otherwise in ../shared/data.`;

const CLIENTS = [1, 8, 32];
const FOLDER = resolve('.graft', 'bench', 'serve');

/** A turn of a server, with the processor time of a request. */
type ServerTurn = LoadResult & Pick<BareResult, 'processorMs'>;

/** What was measured of one number of clients, turn by turn. */
interface Turns {
  clients: number;
  bare: BareResult[];
  serve: ServerTurn[];
  peer: ServerTurn[];
}

interface Contenders {
  load: Helper;
  bare: readonly Helper[];
  serve: Server;
  peer: Server | undefined;
}

async function measureTurn(turns: Turns, { load, bare, serve, peer }: Contenders, seconds: number) {
  const { clients } = turns;
  const ask = async ({ port, processorSeconds }: Server): Promise<ServerTurn> => {
    const before = processorSeconds();
    const result = await load.ask<LoadResult>({ port, clients, seconds });
    const used = processorSeconds() - before;
    return { ...result, processorMs: (used * 1000) / result.milliseconds.length };
  };
  // No more loops than the clients could keep busy: one client waits for one answer at a time.
  const loops = bare.slice(0, clients);
  const rates = await Promise.all(loops.map((loop) => loop.ask<BareResult>({ seconds })));
  turns.bare.push({
    perSecond: rates.reduce((sum, { perSecond }) => sum + perSecond, 0),
    processorMs: rates.reduce((sum, { processorMs }) => sum + processorMs, 0) / rates.length,
  });
  turns.serve.push(await ask(serve));
  if (peer) turns.peer.push(await ask(peer));
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
}

const rounded = (value: number, digits = 1) => Number(value.toFixed(digits));

function summarise({ clients, bare, serve, peer }: Turns) {
  const medianOf = (turns: readonly BareResult[], value: (turn: BareResult) => number) =>
    rounded(median(turns.map(value)), 2);
  const rates = (turns: readonly BareResult[]) => ({
    perSecond: medianOf(turns, ({ perSecond }) => perSecond),
    processorMs: medianOf(turns, ({ processorMs }) => processorMs),
  });
  const figures = (turns: readonly ServerTurn[]) => {
    const all = turns.flatMap(({ milliseconds }) => milliseconds);
    return {
      ...rates(turns),
      p50: rounded(percentile(all, 0.5)),
      p99: rounded(percentile(all, 0.99)),
    };
  };
  const pings = serve.flatMap((turn) => turn.pings);
  return {
    clients,
    ...figures(serve),
    bare: rates(bare),
    // Turn by turn, because a machine's speed drifts.
    shareOfBare: rounded(median(serve.map(({ perSecond }, i) => perSecond / bare[i]!.perSecond)), 3),
    pingP99: rounded(percentile(pings, 0.99)),
    loadGenerator: rounded(median(serve.map(({ processor }) => processor)), 3),
    ...(peer.length > 0 && {
      peer: figures(peer),
      timesPeer: rounded(median(serve.map(({ perSecond }, i) => perSecond / peer[i]!.perSecond)), 2),
    }),
  };
}

async function contenders(python: string, image: string, threads: number) {
  const helper = (file: string, ...args: string[]) =>
    startHelper(join(import.meta.dirname, 'serve', file), args);
  const peer = await startPeer(python, FOLDER, threads).catch((error: Error) => error.message);
  const serve = await startServe(FOLDER, threads);
  const bare = await Promise.all(
    Array.from({ length: threads }, () => helper('bare.ts', join(FOLDER, 'model'), image)),
  );
  return { load: await helper('load.ts', image), bare, serve, peer };
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
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '3' },
      model: { type: 'string' },
      python: { type: 'string', default: 'python3' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(HELP);
  const positive = (name: 'rounds' | 'seconds') => {
    const value = Number(values[name]);
    if (Number.isInteger(value) && value >= 1) return value;
    throw new InvalidInputError(`--${name} "${values[name]}" is not a whole number from 1`);
  };
  const [rounds, seconds] = [positive('rounds'), positive('seconds')];
  const threads = availableParallelism();
  const image = await prepare(values.model);
  const { load, bare, serve, peer } = await contenders(values.python, image, threads);
  const peerServer = typeof peer === 'string' ? undefined : peer;
  try {
    const all: Contenders = { load, bare, serve, peer: peerServer };
    const turns = CLIENTS.map((clients): Turns => ({ clients, bare: [], serve: [], peer: [] }));
    // A round that does not count: memory grows to its size, and processors get to their speed.
    for (const clients of CLIENTS) {
      await measureTurn({ clients, bare: [], serve: [], peer: [] }, all, 1);
    }
    const before = serve.memory();
    for (let round = 0; round < rounds; round++) {
      for (const turn of turns) await measureTurn(turn, all, seconds);
    }
    report(turns.map(summarise), { threads, peer, memory: { before, after: serve.memory() } }, values.json);
  } finally {
    await Promise.all([...bare, load].map((helper) => helper.end()));
    await Promise.all([serve.stop(), peerServer?.stop()]);
  }
}

const cell = (value: number | undefined, width: number) => String(value ?? '').padStart(width);

interface Run {
  threads: number;
  peer: Server | string;
  memory: Record<'before' | 'after', ReturnType<Server['memory']>>;
}

function report(rows: readonly ReturnType<typeof summarise>[], run: Run, json: boolean): void {
  const { threads, peer, memory } = run;
  console.log(`${threads} threads; medians of the turns, latency in milliseconds of all requests,`);
  console.log('processor time in milliseconds a request\n');
  console.log('clients              requests/s     p50     p99   processor');
  for (const { clients, bare, shareOfBare, timesPeer, pingP99, ...row } of rows) {
    const line = (name: string, { perSecond, processorMs, p50, p99 }: Partial<typeof row>, more = '') =>
      console.log(
        [
          ...[name.padEnd(20), cell(perSecond, 10), cell(p50, 7), cell(p99, 7), cell(processorMs, 11)],
          more,
        ].join(' '),
      );
    line(
      `${String(clients).padStart(7)}   serve`,
      row,
      `   ${shareOfBare} of the bare loop, ping p99 ${pingP99}`,
    );
    line('          bare loop', bare);
    if (row.peer) line('          FastAPI', row.peer, `   serve is ${timesPeer} times as fast`);
  }
  const shares = rows.map(({ loadGenerator }) => `${(loadGenerator * 100).toFixed(1)} %`).join(', ');
  console.log(`\nThe clients took ${shares} of one core, which the bare loop has to itself.`);
  console.log(`Memory of serve: ${memory.before.now} MiB warm, ${memory.after.now} MiB at the end.`);
  if (typeof peer === 'string') console.log(`FastAPI skipped: ${peer}`);
  if (json) console.log(JSON.stringify({ threads, rows, memory }));
}

await main().catch((error) => {
  console.error(describeError(error));
  process.exitCode = 1;
});
