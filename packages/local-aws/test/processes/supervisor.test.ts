import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { untilHealthy } from '../../src/processes/health.ts';
import { processIdentity } from '../../src/processes/identity.ts';
import { createSupervisor, type Supervisor } from '../../src/processes/supervisor.ts';

let folder: string;
let supervisor: Supervisor;
const log = pino({ level: 'silent' });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'local-aws-processes-'));
  supervisor = createSupervisor({ folder, log });
});
afterEach(async () => {
  await supervisor.stopAll(0);
  rmSync(folder, { recursive: true, force: true });
});

const node = (script: string, more: { onLine?(line: string): void; env?: Record<string, string> } = {}) =>
  supervisor.start({ name: 'child', command: process.execPath, args: ['-e', script], env: {}, ...more });

/** Settles when the child has printed `ready`. */
function startReady(script: string) {
  let onReady = (_: unknown) => {};
  const ready = new Promise((resolve) => {
    onReady = resolve;
  });
  const child = node(script, { onLine: (line) => line.startsWith('ready') && onReady(line) });
  return { child, ready };
}

test('hands on every line of both streams before the exit', async () => {
  const lines: string[] = [];
  const child = node(
    'console.log("a\\nb"); console.error("c"); process.stdout.write("no end"); process.exitCode = 3',
    {
      onLine: (line) => lines.push(line),
    },
  );
  const exit = await child.exited;
  expect(exit).toEqual({ code: 3, signal: null });
  expect(lines.sort()).toEqual(['a', 'b', 'c', 'no end']);
  expect(child.tail().sort()).toEqual(lines);
  expect(readdirSync(folder)).toEqual([]);
});

test('the environment is exactly the given one', async () => {
  const child = node('console.log(Object.keys(process.env).join())', { env: { ONLY: 'this' } });
  await child.exited;
  expect(child.tail()).toEqual(['ONLY']);
});

test('a command that does not exist is an exit with its error', async () => {
  const child = supervisor.start({ name: 'none', command: '/nowhere/at-all', args: [], env: {} });
  expect((await child.exited).error?.message).toContain('/nowhere/at-all');
  expect(child.pid).toBeUndefined();
});

test('stop lets a process end by itself on SIGTERM', async () => {
  const { child, ready } = startReady(
    'process.on("SIGTERM", () => { console.log("bye"); process.exit(0) }); setInterval(() => {}, 1e6); console.log("ready")',
  );
  await ready;
  expect(await child.stop()).toEqual({ code: 0, signal: null });
  expect(child.tail()).toContain('bye');
});

test('stop kills a process that ignores SIGTERM once the grace is over', async () => {
  const { child, ready } = startReady(
    'process.on("SIGTERM", () => {}); setInterval(() => {}, 1e6); console.log("ready")',
  );
  await ready;
  expect(await child.stop(20)).toEqual({ code: null, signal: 'SIGKILL' });
});

test('what a process started ends with it', async () => {
  const child = node(
    'const c = require("child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1e6)"], {stdio: "inherit"});' +
      'c.on("spawn", () => { console.log(c.pid); process.exit(0) })',
  );
  await child.exited;
  const grandchild = Number(child.tail()[0]);
  expect(grandchild).toBeGreaterThan(1);
  await untilGone(grandchild);
});

test('health: waits for the check, and says when the process ended instead', async () => {
  const clock = {
    now: () => 0,
    after: (_: number, callback: () => void) => {
      setImmediate(callback);
      return () => {};
    },
  };
  const { child } = startReady('setInterval(() => {}, 1e6)');
  let asked = 0;
  const healthy = await untilHealthy(child, {
    clock,
    intervalMs: 1,
    timeoutMs: 1000,
    check: async () => {
      if (++asked < 2) throw new Error('connection refused');
      return asked >= 3;
    },
  });
  expect([healthy, asked]).toEqual(['healthy', 3]);
  await child.stop(0);
  expect(await untilHealthy(child, { clock, intervalMs: 1, timeoutMs: 1000, check: async () => false })).toBe(
    'exited',
  );
});

test('health: gives up at the time-out', async () => {
  let now = 0;
  const clock = {
    now: () => now,
    after: (ms: number, callback: () => void) => {
      now += ms;
      setImmediate(callback);
      return () => {};
    },
  };
  const { child } = startReady('setInterval(() => {}, 1e6)');
  expect(
    await untilHealthy(child, { clock, intervalMs: 100, timeoutMs: 250, check: async () => false }),
  ).toBe('timeout');
});

test('children of a killed parent are ended by the watchdog', async () => {
  const parent = spawn(
    process.execPath,
    [
      '--import',
      'tsx',
      '--input-type=module',
      '-e',
      `
      import { pino } from 'pino';
      import { createSupervisor } from ${JSON.stringify(new URL('../../src/processes/supervisor.ts', import.meta.url).href)};
      const child = createSupervisor({ folder: ${JSON.stringify(join(folder, 'other'))}, log: pino({ level: 'silent' }) })
        .start({ name: 'c', command: process.execPath, args: ['-e', 'setInterval(() => {}, 1e6); console.log("ready")'], env: {},
          onLine: () => console.log(child.pid) });`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const pid = await new Promise<number>((resolve) =>
    parent.stdout.once('data', (text) => resolve(Number(text))),
  );
  expect(processIdentity(pid)).toBeDefined();
  parent.kill('SIGKILL');
  await untilGone(pid);
});

test('the next start kills what is recorded and still the same process, and nothing else', async () => {
  const spawned = [0, 1].map(() =>
    spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { detached: true, stdio: 'ignore' }),
  );
  const [left, stranger] = spawned.map((one) => one.pid!) as [number, number];
  const leftEnds = new Promise((resolve) => spawned[0]!.once('exit', (_, signal) => resolve(signal)));
  writeFileSync(
    join(folder, `${left}.json`),
    JSON.stringify({ name: 'left', identity: processIdentity(left) }),
  );
  writeFileSync(
    join(folder, `${stranger}.json`),
    JSON.stringify({ name: 'old', identity: 'another start time' }),
  );
  writeFileSync(join(folder, '99.json'), '{"name": "cut sho');

  createSupervisor({ folder, log });

  expect(await leftEnds).toBe('SIGKILL');
  expect(processIdentity(stranger)).toBeDefined();
  expect(readdirSync(folder)).toEqual([]);
  process.kill(-stranger, 'SIGKILL');
});

/** Polls, since a process that is no child of ours gives no event at its end. */
async function untilGone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
