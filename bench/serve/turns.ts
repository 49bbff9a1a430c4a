import { median } from '../shared/summary.ts';
import type { BareResult } from './bare.ts';
import type { Helper } from './helper.ts';
import type { LoadResult } from './load.ts';
import type { Server } from './servers.ts';

/** A turn of a server, with the processor time of a request. */
export type ServerTurn = LoadResult & Pick<BareResult, 'processorMs'>;

/** What was measured of one number of clients, turn by turn. */
export interface Turns {
  clients: number;
  bare: BareResult[];
  serve: ServerTurn[];
  /** `serve` at half of the rate that it had just before. */
  half: ServerTurn[];
  /** By name. */
  peers: Map<string, ServerTurn[]>;
}

export interface Contenders {
  load: Helper;
  bare: readonly Helper[];
  serve: Server;
  peers: readonly Server[];
}

/** One turn of each, one after another. */
export async function takeTurns(turns: Turns, contenders: Contenders, seconds: number): Promise<void> {
  const { load, bare, serve, peers } = contenders;
  const { clients } = turns;
  const ask = async ({ port, processorSeconds }: Server, rate = {}): Promise<ServerTurn> => {
    const before = processorSeconds();
    const result = await load.ask<LoadResult>({ port, clients, seconds, ...rate });
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
  const full = await ask(serve);
  turns.serve.push(full);
  // Enough connections that none of them is what a request waits for.
  turns.half.push(await ask(serve, { clients: clients + 8, perSecond: full.perSecond / 2 }));
  for (const peer of peers) {
    turns.peers.set(peer.name, [...(turns.peers.get(peer.name) ?? []), await ask(peer)]);
  }
}

/** Figures of one number of clients; ratios are medians turn by turn, because a machine's speed drifts. */
export function summarise({ clients, bare, serve, half, peers }: Turns) {
  const ratio = (others: readonly BareResult[]) =>
    rounded(median(serve.map(({ perSecond }, i) => perSecond / others[i]!.perSecond)));
  return {
    clients,
    ...figures(serve),
    pingP99: percentile(
      serve.flatMap(({ pings }) => pings),
      0.99,
    ),
    half: figures(half),
    bare: rates(bare),
    shareOfBare: ratio(bare),
    peers: [...peers].map(([name, turns]) => ({ name, ...figures(turns), times: ratio(turns) })),
    /** Share of a core. */
    loadGenerator: rounded(median(serve.map(({ processor }) => processor))),
  };
}
export type Row = ReturnType<typeof summarise>;

function rates(turns: readonly BareResult[]) {
  return {
    perSecond: rounded(median(turns.map(({ perSecond }) => perSecond))),
    processorMs: rounded(median(turns.map(({ processorMs }) => processorMs))),
  };
}

function figures(turns: readonly ServerTurn[]) {
  const all = turns.flatMap(({ milliseconds }) => milliseconds);
  return { ...rates(turns), p50: percentile(all, 0.5), p99: percentile(all, 0.99) };
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return rounded(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!);
}

const rounded = (value: number) => Number(value.toFixed(3));
