/**
 * `npm run bench:console`: how large the console's page is, when it first paints, how long pages of 1,000
 * domains and 10,000 promotions take, and how many requests to AWS and how much time of a processor.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { startConsole } from '../console/server/start.ts';
import { readPageFiles } from '../onprem-agent/commands/console/page-files.ts';
import { launchBrowser, whyNot } from '../test/console/browser.ts';
import { manyExecutions, nameOf, writeManyDomains } from '../test/console/many.ts';
import { consoleServices, startS3 } from '../test/console/services.ts';

const ROUNDS = 5;
const KIB = 1024;
/** Less than between two looks at what happens. */
const QUIET_MS = 1_000;

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

interface Measured {
  /** Milliseconds until the list is there. */
  list: number;
  /** Until nothing more is asked. */
  complete: number;
  /** Requests to S3 and Step Functions. */
  requests: number;
  /** Milliseconds of a processor, of the console together with the local S3. */
  processor: number;
}

/** The median of some rounds each. */
async function measure() {
  const local = await startS3();
  await writeManyDomains(local.s3);
  const { services, asked } = consoleServices(local.s3, manyExecutions());
  const browser = await launchBrowser();
  const rounds: Record<string, Measured>[] = [];
  const paints: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    // A new console each time: it has remembered nothing.
    const running = await startConsole({ services, page: files, port: 0 });
    const page = await browser.newPage();
    let [pending, endedAt] = [0, 0];
    page.on('request', () => pending++);
    for (const event of ['requestfinished', 'requestfailed'] as const) {
      page.on(event as 'requestfinished', () => {
        pending--;
        endedAt = performance.now();
      });
    }
    /** Waits until the page has asked nothing for a while. @returns when the last answer was there */
    const quiet = async () => {
      while (pending > 0 || performance.now() - endedAt < QUIET_MS) await sleep(QUIET_MS / 10);
      return endedAt;
    };
    const until = async (row: string, act: () => Promise<unknown>): Promise<Measured> => {
      await quiet();
      const [before, cpu, began] = [asked.length, process.cpuUsage(), performance.now()];
      await act();
      await page.locator('.list').getByRole('link', { name: row, exact: true }).first().waitFor();
      const list = performance.now() - began;
      const complete = (await quiet()) - began;
      const { user, system } = process.cpuUsage(cpu);
      return { list, complete, requests: asked.length - before, processor: (user + system) / 1000 };
    };
    const goto = (path: string) => () => page.goto(new URL(path, running.url).href);
    const next = () => page.getByRole('button', { name: 'Next' }).click();
    await page.goto(running.url);
    await page.goto('about:blank');
    const domains = await until(nameOf(0), goto('/'));
    paints.push(
      await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]!.startTime),
    );
    rounds.push({
      domains,
      nextDomains: await until(nameOf(25), next),
      search: await until(nameOf(500), () => page.getByLabel('Name begins with').fill('domain-05')),
      promotions: await until(nameOf(0), goto('/promotions')),
      nextPromotions: await until(nameOf(25), next),
    });
    await page.close();
    await running.stop();
  }
  await browser.close();
  await local.stop();
  const median = (values: number[]) => values.sort((a, b) => a - b)[ROUNDS >> 1]!;
  const pages = Object.keys(rounds[0]!).map((name) => {
    const of = (figure: keyof Measured) => median(rounds.map((round) => round[name]![figure]));
    const figures = { list: of('list'), complete: of('complete'), requests: of('requests') };
    return [name, { ...figures, processor: of('processor') }] as const;
  });
  return { firstPaint: median(paints), pages: Object.fromEntries(pages) };
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
  const milliseconds = (value: number) => `${value.toFixed(0)} ms`;
  console.log('\n1,000 domains, 10,000 promotions (medians; target for a list ≤ 1,000 ms)');
  row('first paint', milliseconds(times.firstPaint));
  row('', 'list', 'complete', 'processor', 'requests');
  for (const [name, { list, complete, processor, requests }] of Object.entries(times.pages)) {
    row(name, milliseconds(list), milliseconds(complete), milliseconds(processor), String(requests));
  }
}
