import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderReport } from '#core/report/page.ts';
import { pixel, report } from './sample.ts';

const chromium = ['chromium', 'chromium-browser', 'google-chrome'].find(
  (name) => spawnSync(name, ['--version']).status === 0,
);
const why = chromium ? '' : ' (skipped: no chromium is installed)';

const made = report();
const pages: Record<string, string> = {
  '/report.html': renderReport(
    made,
    new Map(made.misclassified.shown.map((row) => [row.id, { dataUri: pixel }])),
  ),
  '/control.html':
    '<!doctype html><img src="http://elsewhere.example/pixel.png"><script>console.error("heard")</script>',
};

/** Every host there is leads here, so that whatever a page asks for is seen. */
let server: Server;
let asked: string[];
let profile: string;
beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(`${request.headers.host?.replace(/:\d+$/, '')}${request.url}`);
    const page = pages[request.url!];
    response.writeHead(page === undefined ? 404 : 200, { 'content-type': 'text/html; charset=utf-8' });
    response.end(page);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  profile = mkdtempSync(join(tmpdir(), 'graft-chromium-'));
});
afterAll(() => {
  server.close();
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
});

/** Opens a page; its DOM when it has been loaded, what its console said, what it asked for. */
async function open(path: string): Promise<{ dom: string; console: string[]; asked: string[] }> {
  asked = [];
  const { port } = server.address() as AddressInfo;
  const child = spawn(chromium!, [
    ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run'],
    ...[
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-extensions',
    ],
    `--user-data-dir=${profile}`,
    `--host-resolver-rules=MAP * 127.0.0.1:${port}`,
    ...['--enable-logging=stderr', '--dump-dom', `http://reports.example${path}`],
  ]);
  let [dom, log] = ['', ''];
  child.stdout.on('data', (chunk) => {
    dom += chunk;
  });
  child.stderr.on('data', (chunk) => {
    log += chunk;
  });
  await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const said = log.split('\n').filter((line) => /CONSOLE/.test(line));
  return { dom, console: said, asked: asked.filter((url) => /^(reports|elsewhere)\.example|^127/.test(url)) };
}

describe.skipIf(!chromium)(`report.html in headless Chromium${why}`, () => {
  test('shows every section, says nothing on the console and asks for nothing', async () => {
    const { dom, console, asked } = await open('/report.html');

    const sections = [...dom.matchAll(/<(?:section|header) id="(\w+)"/g)].map(([, id]) => id);
    expect(sections).toEqual([
      ...['headline', 'gate', 'accuracy', 'training', 'recall', 'confusion'],
      ...['mistakes', 'unsure', 'cost', 'lineage'],
    ]);
    // A label that is a script has not run, and stands there as text.
    expect(dom).toContain('<title>produce: DEPLOYED');
    expect(dom).not.toContain('<script');
    expect(dom.match(/<img /g)).toHaveLength(made.misclassified.shown.length);
    expect(console).toEqual([]);
    expect(asked).toEqual(['reports.example/report.html']);
  });

  test('would be heard if it did: a page that logs and loads', async () => {
    const { console, asked } = await open('/control.html');

    expect(console.join()).toContain('heard');
    expect(asked).toContain('elsewhere.example/pixel.png');
  });
});
