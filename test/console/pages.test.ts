import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { agentAt } from '../../console/server/agents.ts';
import { startConsole } from '../../console/server/start.ts';
import { readPageFiles } from '../../onprem-agent/commands/console/page-files.ts';
import { uploadingAgent } from './agent.ts';
import { launchBrowser, openPage, whyNot } from './browser.ts';
import { inspect } from './inspect.ts';
import { manyExecutions, nameOf, writeManyDomains } from './many.ts';
import { memoryS3 } from './memory-s3.ts';
import { consoleServices } from './services.ts';

const executions = manyExecutions();
let local: ReturnType<typeof consoleServices>;
let running: Awaited<ReturnType<typeof startConsole>>;
let browser: Browser;
let page: Page;
let wrong: string[];

describe.skipIf(whyNot !== '').sequential(`lists of 1,000 domains and 10,000 promotions${whyNot}`, () => {
  beforeAll(async () => {
    const s3 = memoryS3();
    await writeManyDomains(s3);
    local = consoleServices(s3, executions);
    local.services.agents = [uploadingAgent, agentAt(new URL('http://127.0.0.1:1'))];
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

  test('read what they show and no more, however much there is', async () => {
    await page.goto('about:blank');
    // Two lists and the question that waits, a description of each execution, the histories of five that run.
    expect(await requestsOf(goto('/promotions'))).toBeLessThan(75);
    await page.goto('about:blank');
    // The rows in view: champion, promotions, outcome, past champions, ten reports each.
    expect(await requestsOf(goto('/'))).toBeLessThan(260);
    await page.goto('about:blank');
    // What has ended does not change any more.
    expect(await requestsOf(goto('/'))).toBeLessThan(100);
    expect(wrong).toEqual([]);
  });

  test('show domains page by page, and find them by the beginning of their names', async () => {
    await until(nameOf(0), goto('/'));
    await until(nameOf(25), next);
    await until(nameOf(0), () => page.getByRole('button', { name: 'Back' }).click());
    await until(nameOf(500), () => page.getByLabel('Name begins with').fill('domain-05'));

    expect(await page.locator('.list tbody tr').count()).toBe(25);
    await page.locator('.attention li').nth(1).waitFor();
    await page.locator('.list .spark').first().waitFor();
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

  test('shows what begins and ends without being loaded again', async () => {
    await goto('/promotions')();
    const badge = page.locator('nav .badge');
    await badge.getByText('5 running').waitFor();
    const first = executions[0]!;
    const executionArn = first.executionArn!.replace(first.name!, 'begins-now');
    executions.unshift({ ...first, name: 'begins-now', executionArn });
    await badge.getByText('6 running').waitFor();
    const rows = page.locator('.list').getByRole('link', { name: nameOf(0), exact: true });
    await rows.nth(1).waitFor();
    executions.shift();
    await badge.getByText('5 running').waitFor();
    await rows.nth(1).waitFor({ state: 'detached' });
  });

  test('ask nothing while nobody looks', async () => {
    await page.goto('about:blank');
    const { page: other } = await openPage(browser, running.url);
    await other.clock.install();
    await other.reload();
    await other.locator('nav .badge').waitFor();
    const hide = (hidden: boolean) =>
      other.evaluate((value) => {
        Object.defineProperty(document, 'hidden', { value, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
      }, hidden);
    await hide(true);
    await other.waitForLoadState('networkidle');
    const before = local.asked.length;
    await other.clock.runFor(60_000);
    expect(local.asked.length).toBe(before);
    await hide(false);
    await vi.waitFor(() => expect(local.asked.length).toBeGreaterThan(before), 20_000);
    await other.close();
  });

  test('show what agents upload, and which agent does not answer', async () => {
    await goto('/agents')();
    await page.getByText('resnet').first().waitFor();
    await page.getByRole('alert').getByText('does not answer').waitFor();
    expect(await page.locator('.list tbody .badge').allTextContents()).toEqual([
      'uploading',
      'waiting',
      'failed',
    ]);
    await inspect(page, 'agents');
    expect(wrong).toEqual([]);
  });
});
