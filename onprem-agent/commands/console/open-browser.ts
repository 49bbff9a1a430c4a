import { spawn } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * The program that opens a file in the person's browser. Undefined where there is none to see it: in CI, over
 * SSH, on Linux without a display.
 */
export function browserOpener(
  environment: NodeJS.ProcessEnv,
  platform: NodeJS.Platform = process.platform,
): readonly string[] | undefined {
  if (environment.CI || environment.SSH_CONNECTION || environment.SSH_TTY) return undefined;
  if (platform === 'darwin') return ['open'];
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler'];
  return environment.DISPLAY || environment.WAYLAND_DISPLAY ? ['xdg-open'] : undefined;
}

/**
 * Opens an address in the browser, and does not wait for it. The address has a token, and every user of a
 * machine sees the arguments of its programs. So the browser gets a file that only its owner reads, and that
 * leads on.
 *
 * @param folder where the file is written
 * @returns removes the file again
 */
export async function openInBrowser(
  url: string,
  opener: readonly string[],
  folder: string,
): Promise<() => Promise<void>> {
  const file = join(folder, `open-console-${process.pid}.html`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(file, pageThatLeadsTo(url), { mode: 0o600 });
  const [program, ...words] = [...opener, pathToFileURL(file).href];
  const child = spawn(program!, words, { stdio: 'ignore', detached: true });
  // The address is printed, too: a person can open it.
  child.on('error', () => {});
  child.unref();
  return () => rm(file, { force: true });
}

const pageThatLeadsTo = (url: string) =>
  `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url=${url}"><title>Graft</title>`;
