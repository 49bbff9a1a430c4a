import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCli } from '../../onprem-agent/cli/cli.ts';
import type { Io } from '../../onprem-agent/cli/io.ts';

/** The file that a person starts in the repository. */
export const sourceProgram = fileURLToPath(new URL('../../onprem-agent/bin.mjs', import.meta.url));

const builds = process.env.GRAFT_TEST_BUILDS;
/** The file that a person starts: as the tarball of the agent has it, where it is built. */
export const program = builds ? join(builds, 'test-agent', 'dist', 'graft.mjs') : sourceProgram;

export interface Run {
  code: number;
  stdout: string;
  stderr: string;
  /** Standard output as the JSON objects that `--json` writes, a line each. */
  // biome-ignore lint/suspicious/noExplicitAny: each test knows the events it asks for
  events: any[];
  /** The last of them. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  last: any;
}

function toRun(code: number, stdout: string, stderr: string): Run {
  const events = stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
  return { code, stdout, stderr, events, last: events.at(-1) };
}

export interface FakeIoOptions {
  environment?: NodeJS.ProcessEnv;
  isTerminal?: boolean;
  now?: () => number;
  signal?: AbortSignal;
  /** Answers to questions, in turn; without them there is nobody to ask. */
  secrets?: string[];
}

/** A command line within this process. */
export async function graft(words: readonly string[], options: FakeIoOptions = {}): Promise<Run> {
  const { io, stdout, stderr } = fakeIo(options);
  const code = await runCli(words, io);
  return toRun(code, stdout(), stderr());
}

/** Everything written is kept. */
export function fakeIo(options: FakeIoOptions = {}): { io: Io; stdout(): string; stderr(): string } {
  let stdout = '';
  let stderr = '';
  const io: Io = {
    stdout: (text) => {
      stdout += text;
    },
    stderr: (text) => {
      stderr += text;
    },
    isTerminal: options.isTerminal ?? false,
    columns: 80,
    ...(options.secrets === undefined ? {} : { askSecret: async () => options.secrets!.shift()! }),
    environment: options.environment ?? process.env,
    now: options.now ?? (() => performance.now()),
    signal: options.signal ?? new AbortController().signal,
  };
  return { io, stdout: () => stdout, stderr: () => stderr };
}

/**
 * A command line as a process of its own, as a person starts it.
 *
 * @param file the program: this checkout's, or a packed one
 */
export function spawnGraft(words: readonly string[], environment: NodeJS.ProcessEnv = {}, file = program) {
  const child = spawn(process.execPath, [file, ...words], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const done = new Promise<Run>((resolve) => {
    child.once('close', (code, signal) => resolve(toRun(code ?? (signal ? -1 : 0), stdout, stderr)));
  });
  return { child, done, stdout: () => stdout, stderr: () => stderr };
}
