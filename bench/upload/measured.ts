import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** What one program took. */
export interface Measured {
  code: number | null;
  seconds: number;
  /** Of the processor, user and system. */
  cpuSeconds: number;
  /** Peak resident memory, MB. */
  peakMb: number;
  stdout: string;
  stderr: string;
}

/** Hertz of the times in `/proc/<pid>/stat` (`getconf CLK_TCK`), on every Linux. */
const TICKS = 100;
const LOOK_MS = 20;

/**
 * Runs a program to its end. Its times and memory are the kernel's own figures, at most 20 ms before the end.
 */
export function measured(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<Measured> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr, cpuSeconds, peakMb] = ['', '', 0, 0];
    const look = () => {
      try {
        const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8');
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        cpuSeconds = (Number(fields[11]) + Number(fields[12])) / TICKS;
        const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
        peakMb = Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? peakMb * 1024) / 1024;
      } catch {}
    };
    const timer = setInterval(look, LOOK_MS);
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.on('error', (error) => {
      clearInterval(timer);
      reject(error);
    });
    child.on('close', (code) => {
      clearInterval(timer);
      const seconds = (performance.now() - startedAt) / 1000;
      resolve({ code, seconds, cpuSeconds, peakMb, stdout, stderr });
    });
  });
}
