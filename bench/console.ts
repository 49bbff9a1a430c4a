/**
 * `npm run bench:console`: how large the console's page is, when it first paints, and how long pages of 1,000
 * domains and 10,000 promotions take.
 */
import { parseArgs } from 'node:util';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { startConsole } from '../console/server/start.ts';
import { readPageFiles } from '../onprem-agent/commands/console/page-files.ts';
import { launchBrowser, whyNot } from '../test/console/browser.ts';
import { manyExecutions, nameOf, writeManyDomains } from '../test/console/many.ts';
import { consoleServices, startS3 } from '../test/console/services.ts';

const ROUNDS = 5;
const KIB = 1024;

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
const files = await readPageFiles();
const sizes = [...files].map(([name, { bytes }]) => ({
  name,
  bytes: bytes.length,
  gzip: gzipSync(bytes).length,
  brotli: brotliCompressSync(bytes).length,
}));
const times = whyNot === '' ? await measure() : undefined;
if (values.json) console.log(JSON.stringify({ sizes, times }));
else print();

/** Milliseconds, the median of some rounds each. */
async function measure() {
  const local = await startS3();
  await writeManyDomains(local.s3);
  const { services } = consoleServices(local.s3, manyExecutions());
  const running = await startConsole({ services, page: files, port: 0 });
  const browser = await launchBrowser();
  const context = await browser.newContext();
  const page = await context.newPage();
  const until = async (row: string, act: () => Promise<unknown>) => {
    const began = performance.now();
    await act();
    await page.locator('.list').getByRole('link', { name: row, exact: true }).first().waitFor();
    return performance.now() - began;
  };
  const goto = (path: string) => () => page.goto(new URL(path, running.url).href);
  const next = () => page.getByRole('button', { name: 'Next' }).click();
  await page.goto(running.url);
  const rounds: Record<string, number>[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const domains = await until(nameOf(0), goto('/'));
    const firstPaint = await page.evaluate(
      () => performance.getEntriesByName('first-contentful-paint')[0]!.startTime,
    );
    rounds.push({
      firstPaint,
      domains,
      nextDomains: await until(nameOf(25), next),
      search: await until(nameOf(500), () => page.getByLabel('Name begins with').fill('domain-05')),
      promotions: await until(nameOf(0), goto('/promotions')),
      nextPromotions: await until(nameOf(25), next),
    });
  }
  await browser.close();
  await running.stop();
  await local.stop();
  const median = (name: string) => rounds.map((round) => round[name]!).sort((a, b) => a - b)[ROUNDS >> 1]!;
  return Object.fromEntries(Object.keys(rounds[0]!).map((name) => [name, median(name)]));
}

function print(): void {
  const row = (name: string, ...columns: string[]) =>
    console.log(`  ${name.padEnd(16)}${columns.map((column) => column.padStart(12)).join('')}`);
  const kib = (bytes: number) => `${(bytes / KIB).toFixed(1)} KiB`;
  const total = (of: 'bytes' | 'gzip' | 'brotli') => kib(sizes.reduce((sum, size) => sum + size[of], 0));
  console.log('\nThe page');
  row('', 'bytes', 'gzip', 'brotli');
  for (const { name, bytes, gzip, brotli } of sizes) row(name, kib(bytes), kib(gzip), kib(brotli));
  row('together', total('bytes'), total('gzip'), total('brotli'));
  if (times === undefined) {
    console.log(`\nTimes need a browser${whyNot}`);
    return;
  }
  console.log('\n1,000 domains, 10,000 promotions (median; target ≤ 1,000 ms a page)');
  for (const [name, milliseconds] of Object.entries(times)) row(name, `${milliseconds.toFixed(0)} ms`);
}
