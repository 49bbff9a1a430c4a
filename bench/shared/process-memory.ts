import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

/** What one process has taken at the most. */
export interface ProcessPeak {
  pid: number;
  /** The script that it runs and its first argument. */
  command: string;
  /** Peak resident memory as the kernel keeps it (`VmHWM`), kB: nothing between two looks is missed. */
  peakKb: number;
}

/** All processes of a tree together at the moment when they had most. */
export interface TreePeak {
  /**
   * Sum of their proportional set sizes, kB: a page that n of them share counts 1/n for each, so nothing is
   * counted twice.
   */
  totalKb: number;
  processes: number;
}

export interface MemoryWatch {
  /** Looks a last time and ends. */
  stop(): { processes: ProcessPeak[]; tree: TreePeak };
}

/** Parent, command line and peak of a process; undefined when it has gone. */
function inspect(pid: number): { parent: number; command: string; peakKb: number } | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return { parent: field('PPid'), command: shortCommand(words), peakKb: field('VmHWM') };
  } catch {
    return undefined;
  }
}

/** The script that a node process runs and its first argument, which is what tells them apart. */
function shortCommand(words: readonly string[]): string {
  const script = words.findIndex(
    (word, index) => index > 0 && /\.(ts|mjs|cjs|js)$/.test(word) && !word.includes('tsx'),
  );
  if (script < 0) return basename(words[0] ?? '?');
  const argument = words[script + 1];
  return `${basename(words[script]!)}${argument && !argument.startsWith('-') ? ` ${basename(argument)}` : ''}`;
}

function treeOf(root: number): { pid: number; command: string; peakKb: number }[] {
  const all = new Map<number, NonNullable<ReturnType<typeof inspect>>>();
  for (const name of readdirSync('/proc')) {
    const found = /^\d+$/.test(name) ? inspect(Number(name)) : undefined;
    if (found !== undefined) all.set(Number(name), found);
  }
  const isBelow = (pid: number): boolean => {
    for (let current = all.get(pid); current !== undefined; current = all.get(current.parent)) {
      if (current.parent === root) return true;
    }
    return false;
  };
  return [...all].filter(([pid]) => pid === root || isBelow(pid)).map(([pid, rest]) => ({ pid, ...rest }));
}

function proportionalKb(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    return Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** Whether `watchMemory` works here: it reads /proc, which only Linux has. */
export const canWatchMemory = process.platform === 'linux';

/** Watches a process and everything below it until it is told to stop. */
export function watchMemory(root: number, everyMs = 200): MemoryWatch {
  const peaks = new Map<number, ProcessPeak>();
  let tree: TreePeak = { totalKb: 0, processes: 0 };
  const look = () => {
    const found = treeOf(root);
    let totalKb = 0;
    for (const { pid, command, peakKb } of found) {
      totalKb += proportionalKb(pid);
      peaks.set(pid, { pid, command, peakKb: Math.max(peakKb, peaks.get(pid)?.peakKb ?? 0) });
    }
    if (totalKb > tree.totalKb) tree = { totalKb, processes: found.length };
  };
  const timer = setInterval(look, everyMs);
  return {
    stop() {
      clearInterval(timer);
      look();
      return { processes: [...peaks.values()], tree };
    },
  };
}

/** The greatest process of each command, the greatest first. */
export function peakByCommand(processes: readonly ProcessPeak[]): { command: string; megabytes: number }[] {
  const greatest = new Map<string, number>();
  for (const { command, peakKb } of processes) {
    greatest.set(command, Math.max(peakKb, greatest.get(command) ?? 0));
  }
  return [...greatest]
    .sort((a, b) => b[1] - a[1])
    .map(([command, kb]) => ({ command, megabytes: Math.round(kb / 1024) }));
}
