import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** A block of shell commands in a Markdown file. */
export interface Block {
  file: string;
  line: number;
  script: string;
}

/** The blocks that a reader types: those marked `sh`. */
export function shellBlocks(file: string): Block[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/^ *```(?:sh|bash|shell)\n([\s\S]*?)^ *```/gm)].map((match) => ({
    file,
    line: text.slice(0, match.index).split('\n').length + 1,
    script: match[1]!,
  }));
}

/**
 * Says its name and arguments, and on standard output something that a substitution can go on with. One write
 * for each call: the programs of a pipe run at the same time.
 */
const END_OF_CALL = 'end of call';
const STAND_IN = `#!/bin/sh
printf '%s\\0' "\${0##*/}" "$@" '${END_OF_CALL}' >> "$RECORD"
echo something
`;

/**
 * Runs a block in a real shell that finds no program but stand-ins, which say how they were called.
 *
 * @param programs every program that a block may call; any other fails it
 * @returns the calls in their order, and what the shell complained about
 */
export function runBlock(
  { script }: Block,
  programs: readonly string[],
): { calls: string[][]; complaints: string } {
  const folder = mkdtempSync(join(tmpdir(), 'graft-docs-'));
  try {
    const bin = join(folder, 'bin');
    const here = join(folder, 'here');
    const record = join(folder, 'record');
    for (const made of [bin, here]) mkdirSync(made);
    for (const program of programs) {
      writeFileSync(join(bin, program), STAND_IN);
      chmodSync(join(bin, program), 0o755);
    }
    writeFileSync(record, '');
    const { stderr } = spawnSync(shellPath(), ['-c', script], {
      cwd: here,
      encoding: 'utf8',
      env: { PATH: bin, RECORD: record, HOME: here },
    });
    const calls = readFileSync(record, 'utf8')
      .split(`${END_OF_CALL}\0`)
      .filter((call) => call !== '')
      .map((call) => call.split('\0').slice(0, -1));
    return { calls, complaints: stderr };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The blocks are written for the shells that people have, of which Bash is the commonest. */
function shellPath(): string {
  const found = spawnSync('sh', ['-c', 'command -v bash || command -v sh'], { encoding: 'utf8' });
  return found.stdout.trim().split(delimiter)[0]!;
}
