/**
 * `npm run bench:start`: `npm start -- --once --json` as a user runs it, with the peak memory of every process it starts.
 */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { parseJson } from '#core/parse.ts';

const SAMPLE_MS = 200;

const resultSchema = z.object({
  ok: z.boolean(),
  seconds: z.object({ total: z.number(), train: z.number(), promotion: z.number() }),
});

/** Parent, command line and peak resident memory (VmHWM, kB) of a process; undefined when it has gone. */
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

function descendantsOf(root: number): { pid: number; command: string; peakKb: number }[] {
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

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
if (process.platform !== 'linux') {
  console.error('bench:start reads peak memory from /proc, which only Linux has.');
  process.exit(1);
}
const child = spawn('npm', ['start', '--silent', '--', '--once', '--json'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const peaks = new Map<number, { command: string; peakKb: number }>();
const sampling = setInterval(() => {
  for (const { pid, command, peakKb } of descendantsOf(child.pid!)) {
    const before = peaks.get(pid);
    peaks.set(pid, { command, peakKb: Math.max(peakKb, before?.peakKb ?? 0) });
  }
}, SAMPLE_MS);
let output = '';
child.stdout.on('data', (chunk) => {
  output += chunk;
});
const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
clearInterval(sampling);

const result = parseJson(resultSchema, output.trim().split('\n').at(-1) ?? '', 'The last line of npm start');
const byCommand = new Map<string, number>();
for (const { command, peakKb } of peaks.values()) {
  byCommand.set(command, Math.max(peakKb, byCommand.get(command) ?? 0));
}
const rows = [...byCommand]
  .sort((a, b) => b[1] - a[1])
  .map(([command, kb]) => ({ command, megabytes: Math.round(kb / 1024) }));

console.log('\nnpm start -- --once');
console.log(`  whole path       ${result.seconds.total.toFixed(1).padStart(7)} s   (target ≤ 300)`);
console.log(`  pre-training     ${result.seconds.train.toFixed(1).padStart(7)} s   (target ≤ 150)`);
console.log(`  promotion        ${result.seconds.promotion.toFixed(1).padStart(7)} s`);
console.log('\nPeak memory by process (target ≤ 1,536 MB each)');
for (const { command, megabytes } of rows.slice(0, 8)) {
  console.log(`  ${String(megabytes).padStart(6)} MB  ${command}`);
}
if (values.json) {
  console.log(
    JSON.stringify({
      ok: result.ok,
      seconds: result.seconds,
      peakMegabytes: rows[0]?.megabytes ?? null,
      processes: rows,
    }),
  );
}
process.exitCode = code ?? 1;
