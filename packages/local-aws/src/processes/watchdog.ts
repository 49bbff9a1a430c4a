import { type ChildProcess, spawn } from 'node:child_process';

/**
 * A shell that ends every child when this process dies without a chance to do so itself (`kill -9`, out of
 * memory). It runs in its own session, reads of each start and exit from its standard input, and acts when
 * that pipe closes. It is a shell because that takes one megabyte; another Node.js takes forty.
 */
const SCRIPT = `
alive=''
while read -r verb pid; do
  case "$verb" in
    start) alive="$alive $pid" ;;
    exit) left=''; for p in $alive; do [ "$p" = "$pid" ] || left="$left $p"; done; alive=$left ;;
  esac
done
[ -n "$alive" ] || exit 0
for p in $alive; do kill -s TERM -- "-$p" 2>/dev/null; done
sleep 2
for p in $alive; do kill -s KILL -- "-$p" 2>/dev/null; done
`;

export interface Watchdog {
  started(pid: number): void;
  exited(pid: number): void;
  /** Lets the watchdog end; call after the last child's exit. */
  close(): void;
}

export function createWatchdog(): Watchdog {
  let shell: ChildProcess | undefined;
  const tell = (line: string) => {
    if (shell === undefined) {
      shell = spawn('/bin/sh', ['-c', SCRIPT], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
      // Without a shell, the register ends the children at the next start.
      shell.on('error', () => {});
      shell.stdin?.on('error', () => {});
      shell.unref();
      (shell.stdin as unknown as { unref?(): void } | null)?.unref?.();
    }
    shell.stdin?.write(`${line}\n`);
  };
  return {
    started: (pid) => tell(`start ${pid}`),
    exited: (pid) => tell(`exit ${pid}`),
    close() {
      shell?.stdin?.end();
      shell = undefined;
    },
  };
}
