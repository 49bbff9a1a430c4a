import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test, vi } from 'vitest';
import { browserOpener, openInBrowser } from '../../../../onprem-agent/commands/console/open-browser.ts';

test.each<[string, NodeJS.Platform, NodeJS.ProcessEnv, string | undefined]>([
  ['on Linux with a display', 'linux', { DISPLAY: ':0' }, 'xdg-open'],
  ['on Wayland', 'linux', { WAYLAND_DISPLAY: 'wayland-0' }, 'xdg-open'],
  ['on a Mac', 'darwin', {}, 'open'],
  ['on Windows', 'win32', {}, 'rundll32'],
  ['on Linux without a display', 'linux', {}, undefined],
  ['in CI', 'darwin', { CI: 'true' }, undefined],
  ['over SSH', 'linux', { DISPLAY: 'localhost:10.0', SSH_CONNECTION: '::1 1 ::1 22' }, undefined],
])('a browser is opened where a person sees it: %s', (_where, platform, environment, program) => {
  expect(browserOpener(environment, platform)?.[0]).toBe(program);
});

test('the token is in a file of its owner, in no argument, and gone afterwards', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'graft-open-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const seen = join(folder, 'seen');
  const script = join(folder, 'opener.mjs');
  await writeFile(script, `import fs from 'node:fs'; fs.writeFileSync('${seen}', process.argv[2]);`);
  const url = 'http://127.0.0.1:9470/#a-secret-token';

  const forget = await openInBrowser(url, [process.execPath, script], join(folder, 'state'));

  const given = await vi.waitFor(async () => {
    const text = await readFile(seen, 'utf8');
    expect(text).not.toBe('');
    return text;
  }, 60_000);
  const file = fileURLToPath(given);
  expect(given).not.toContain('secret');
  expect(await readFile(file, 'utf8')).toContain(`url=${url}"`);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  await forget();
  expect(await readdir(join(folder, 'state'))).toEqual([]);
});
