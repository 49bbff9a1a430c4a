import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startConsole } from '../../console/server/start.ts';
import { readPageFiles } from '../../onprem-agent/commands/console/page-files.ts';
import { launchBrowser, openPage, whyNot } from './browser.ts';
import { inspect } from './inspect.ts';
import { manyExecutions, nameOf, writeManyDomains } from './many.ts';
import { memoryS3 } from './memory-s3.ts';
import { consoleServices } from './services.ts';

let local: ReturnType<typeof consoleServices>;
let running: Awaited<ReturnType<typeof startConsole>>;
let browser: Browser;
let page: Page;
let wrong: string[];

describe.skipIf(whyNot !== '').sequential(`lists of 1,000 domains and 10,000 promotions${whyNot}`, () => {
  beforeAll(async () => {
    const s3 = memoryS3();
    await writeManyDomains(s3);
    local = consoleServices(s3, manyExecutions());
    const files = await readPageFiles();
    running = await startConsole({ services: local.services, page: files, port: 0 });
    browser = await launchBrowser();
    ({ page, wrong } = await openPage(browser, running.url));
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await running?.stop();
  });

  /** Does something, and waits until a list shows a row. */
  async function until(row: string, act: () => Promise<unknown>): Promise<void> {
    await act();
    await page.locator('.list').getByRole('link', { name: row, exact: true }).first().waitFor();
  }
  /** Requests to S3 and Step Functions while the page does something, until it asks for nothing more. */
  async function requestsOf(act: () => Promise<unknown>): Promise<number> {
    const before = local.asked.length;
    await act();
    await page.waitForLoadState('networkidle');
    return local.asked.length - before;
  }
  const goto = (path: string) => () => page.goto(new URL(path, running.url).href);
  const next = () => page.getByRole('button', { name: 'Next' }).click();

  test('show domains page by page, and find them by the beginning of their names', async () => {
    await until(nameOf(0), goto('/'));
    await until(nameOf(25), next);
    await until(nameOf(0), () => page.getByRole('button', { name: 'Back' }).click());
    await until(nameOf(500), () => page.getByLabel('Name begins with').fill('domain-05'));

    expect(await page.locator('.list tbody tr').count()).toBe(25);
    expect(await page.locator('.attention li').count()).toBeGreaterThan(1);
    await inspect(page, 'domains-many');
  });

  test('show promotions page by page, what runs on top', async () => {
    await until(nameOf(0), goto('/promotions'));
    const statuses = await page.locator('.list tbody .badge').allTextContents();
    expect(statuses.slice(0, 6)).toEqual([...Array(5).fill('running'), 'succeeded']);

    await until(nameOf(25), next);
    await page.getByLabel('Status').selectOption('RUNNING');
    await page.waitForFunction(() => document.querySelectorAll('.list tbody tr').length === 5);
    await inspect(page, 'promotions-many');
  });

  test('read what they show and no more, however much there is', async () => {
    await page.goto('about:blank');
    // A list, and for each of 25 rows a description.
    expect(await requestsOf(goto('/promotions'))).toBe(26);
    // 25 domains with champion, outcomes, three past champions and ten reports; 35 executions above them.
    expect(await requestsOf(goto('/'))).toBeLessThan(600);
    expect(wrong).toEqual([]);
  });
});
