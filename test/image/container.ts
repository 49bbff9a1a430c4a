import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';

/** How the image says that it is started. */
export interface ImageConfig {
  Entrypoint: string[];
  Env: string[];
  WorkingDir: string;
  Healthcheck?: { Test: string[] };
}

export interface Container {
  /** All that it wrote. */
  text(): string;
  /** Its first process, as this machine numbers it. */
  pid(): Promise<number>;
  done: Promise<number | null>;
}

/**
 * Runs a command in the image's file system, as an engine with `--read-only` would: nothing but `/opt/ml`,
 * `/tmp` and the kernel's own folders is writable, in name spaces of its own for mounts and processes, so
 * that the program is PID 1.
 *
 * @param user `uid:gid`
 */
export function startContainer(
  root: string,
  config: ImageConfig,
  words: readonly string[],
  options: { user: string; ml: string; environment?: Record<string, string> },
): Container {
  const mounts = [
    'set -e',
    `mount --bind "$1" "$1" && mount -o remount,ro,bind "$1"`,
    'mount -t proc proc "$1/proc" && mount --rbind /dev "$1/dev" && mount -t tmpfs tmpfs "$1/tmp" && chmod 1777 "$1/tmp"',
    'mount --bind "$2" "$1/opt/ml"',
    'shift 2',
    'exec "$@"',
  ].join('\n');
  const variables = Object.entries(options.environment ?? {}).map(([name, value]) => `${name}=${value}`);
  const child = spawn(
    'unshare',
    [
      ...['--mount', '--pid', '--fork', '--kill-child', 'sh', '-c', mounts, 'sh', root, options.ml],
      ...['env', '-i', ...config.Env, ...variables],
      ...['chroot', `--userspec=${options.user}`, root],
      ...['/bin/sh', '-c', 'cd "$1" && shift && exec "$@"', 'sh', config.WorkingDir || '/'],
      ...words,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += chunk));
  return {
    text: () => text,
    async pid() {
      const children = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8');
      return Number(children.trim().split(' ')[0]);
    },
    done: once(child, 'close').then(([code]) => code as number | null),
  };
}

/** As `docker exec`, for the command of a health check. */
export async function execute(
  container: Container,
  config: ImageConfig,
  words: readonly string[],
  environment: Record<string, string>,
): Promise<number> {
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const target = ['--target', String(await container.pid()), '--mount', '--pid', '--root', '--wd=/'];
  const child = spawn('nsenter', [...target, '/usr/bin/env', '-i', ...config.Env, ...variables, ...words], {
    stdio: 'inherit',
  });
  const [code] = await once(child, 'close');
  return code as number;
}
