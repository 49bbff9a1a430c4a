/**
 * `npm run bench:start`: `npm start -- --once --json` as a user runs it, with the peak memory of every
 * process it starts.
 */
import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import * as z from 'zod';
import { parseJson } from '#core/parse.ts';
import { canWatchMemory, peakByCommand, watchMemory } from './shared/process-memory.ts';

const resultSchema = z.object({
  ok: z.boolean(),
  seconds: z.object({ total: z.number(), train: z.number(), promotion: z.number() }),
});

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
if (!canWatchMemory) {
  console.error('bench:start reads peak memory from /proc, which only Linux has.');
  process.exit(1);
}
const child = spawn('npm', ['start', '--silent', '--', '--once', '--json'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const memory = watchMemory(child.pid!);
let output = '';
child.stdout.on('data', (chunk) => {
  output += chunk;
});
const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
const { processes } = memory.stop();

const result = parseJson(resultSchema, output.trim().split('\n').at(-1) ?? '', 'The last line of npm start');
const rows = peakByCommand(processes);

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
