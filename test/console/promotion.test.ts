import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { executionName } from '#core/names.ts';
import { type ConsoleProcess, spawnConsole } from '../../demo/console.ts';
import {
  makeDomainFolder,
  type Stack,
  startStack,
  tinyDomain,
  tinyLabels,
  trainTinyModel,
} from '../end-to-end/stack.ts';
import { launchBrowser, openPage, whyNot } from './browser.ts';
import { inspect } from './inspect.ts';

vi.setConfig({ testTimeout: 150_000 });

let stack: Stack;
let browser: Browser;
let page: Page;
let wrong: string[];
let program: ConsoleProcess;
let execution: string;
let testImages: string;

/** Opens one of the console's own pages, in the tab that has the token. */
async function visit(path: string): Promise<void> {
  await page.goto(new URL(path, program.url).href);
}

/** One of the domain's own test images. */
async function testImage(): Promise<Buffer> {
  const [first] = (await readdir(testImages)).sort();
  return readFile(join(testImages, first!));
}

/** Waits for text anywhere on the page. */
const shows = (text: string | RegExp) => page.getByText(text).first().waitFor({ timeout: 120_000 });

describe.skipIf(whyNot !== '').sequential(`the console in a browser${whyNot}`, () => {
  beforeAll(async () => {
    stack = await startStack();
    [browser, program] = await Promise.all([
      launchBrowser(),
      spawnConsole({ ...stack.environment, XDG_CACHE_HOME: stack.folder }, ['--by', 'jane']),
    ]);
    ({ page, wrong } = await openPage(browser, program.url));
    page.setDefaultTimeout(20_000);
    const settings = tinyDomain('shapes', { approval: { required: true, timeoutSeconds: 3600 } });
    const folder = await makeDomainFolder(join(stack.folder, 'shapes'), settings);
    testImages = join(folder, 'test', tinyLabels[1]!);
    const model = await trainTinyModel(stack);
    execution = executionName('tiny', model.version);
    await stack.graft('data', 'push', folder, '--domain', 'shapes', '--stack', 'graft-dev');
    await stack.graft('push', model.folder, '--key', inject('signingKey'), '--stack', 'graft-dev');
  }, 240_000);

  afterAll(async () => {
    await browser?.close();
    await program?.stop();
    await stack?.close();
  });

  test('takes the token out of the address', () => {
    expect(page.url()).toBe(program.url.replace(/#.*$/, ''));
  });

  test('follows a promotion live: states, curves as they grow, logs, and the gate', async () => {
    await visit(`/promotions/${execution}/shapes`);
    await page.locator('.state.running').first().waitFor();
    await page.locator('.curves polyline').nth(1).waitFor({ state: 'attached' });
    await shows('Log of the transfer job');
    await page.getByText('Log of the functions').click();
    await page.locator('.log pre').filter({ hasText: 'PrepareDomain: INFO finished' }).waitFor();
    await page.getByRole('button', { name: 'Approve …' }).waitFor();

    expect(await page.locator('.state.done').count()).toBeGreaterThanOrEqual(4);
    expect(await page.locator('.states .running b').allTextContents()).toEqual(['AwaitApproval']);
    expect(await page.locator('#gate tbody tr').count()).toBe(6);
    await shows('What was taken for what');
    await inspect(page, 'promotion-asks');
  });

  test('puts what needs a person on top of the domains', async () => {
    await visit('/');
    await page.locator('.attention').getByText('waits for you', { exact: true }).waitFor();
    await inspect(page, 'domains-attention');
    await page.locator('.attention').getByRole('link', { name: 'shapes' }).click();
  });

  test('approves by click, after saying what that does', async () => {
    await page.getByRole('button', { name: 'Approve …' }).click();
    await shows(/deployed to the endpoint of shapes/);
    await inspect(page, 'approve');
    await page.getByLabel('Reason, if you like').fill('looked at it');
    await page.getByRole('button', { name: 'Approve', exact: true }).click();
    await page.getByRole('heading', { name: /deployed/ }).waitFor();

    expect(await stack.outcome(execution, 'shapes')).toMatchObject({
      outcome: 'DEPLOYED',
      approval: { approved: true, by: 'jane', comment: 'looked at it' },
    });
    await page.locator('#cost').waitFor();
    await page.locator('#golden').waitFor();
    expect(await page.locator('#golden .pictures img').count()).toBe(tinyLabels.length);
    await shows(/answers as the training job did about 3 test images/);
    const trained = page.locator('.states li').filter({ hasText: 'StartFineTuning' });
    expect(await trained.textContent()).toMatch(/done .+, \$0\.\d{4}/);
    await page.getByText('Log of the functions').click();
    await page.locator('.log pre').filter({ hasText: 'FinishPromotion: INFO finished' }).waitFor();
    await inspect(page, 'promotion-deployed');
  });

  test('compares a refused model with the live one, both on this machine', async () => {
    await page.getByRole('button', { name: 'Promote again …' }).click();
    const dialog = page.locator('dialog[open]');
    await dialog.getByRole('button', { name: 'Promote again', exact: true }).click();
    await page.getByRole('button', { name: 'Reject …' }).click({ timeout: 120_000 });
    await dialog.locator('textarea').fill('once is enough');
    await dialog.getByRole('button', { name: 'Reject', exact: true }).click();
    await shows('jane says no: once is enough');

    await visit('/domains/shapes/try');
    const file = { name: 'chosen.png', mimeType: 'image/png', buffer: await testImage() };
    await page.locator('input[type=file]').setInputFiles(file);
    await page.getByRole('region', { name: 'Answer' }).waitFor();

    const refused = page.getByLabel('Compare with');
    await refused.selectOption({ index: 1 });
    for (const side of ['Live', 'Refused']) {
      const bars = page.getByRole('region', { name: side, exact: true }).locator('.bars tr');
      await bars.first().waitFor({ timeout: 60_000 });
      expect(await bars.count(), side).toBe(tinyLabels.length);
    }
  });

  test('answers about an image that is dropped, with the line for programs', async () => {
    await visit('/domains/shapes');
    await page.getByRole('heading', { name: 'What has been live' }).waitFor();
    await inspect(page, 'domain');
    await page.getByRole('link', { name: 'Try it' }).click();
    const bytes = (await testImage()).toString('base64');
    const transfer = await page.evaluateHandle((base64) => {
      const data = new DataTransfer();
      const content = Uint8Array.from(atob(base64), (each) => each.charCodeAt(0));
      data.items.add(new File([content], 'dropped.png', { type: 'image/png' }));
      return data;
    }, bytes);
    await page.dispatchEvent('.drop', 'drop', { dataTransfer: transfer });
    await page.getByRole('region', { name: 'Answer' }).waitFor();

    expect(await page.locator('.bars tr').count()).toBe(tinyLabels.length);
    expect(await page.locator('.tried img').evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(
      16,
    );
    await shows(/--data-binary '@dropped.png'[\s\S]*\/domains\/shapes\/predictions/);
    await inspect(page, 'try');
  });

  test('says of a file that is no image what the model says of it', async () => {
    await page.locator('input[type=file]').setInputFiles({
      name: 'notes.png',
      mimeType: 'image/png',
      buffer: Buffer.from('no image'),
    });
    await page.getByRole('alert').waitFor();
    wrong.splice(0, wrong.length, ...wrong.filter((each) => !/status of 400/.test(each)));
  });

  test('shows the images behind it, and what it was made from', async () => {
    await visit('/domains/shapes/data');
    await page.getByRole('button', { name: `Show 8 images: train ${tinyLabels[1]}` }).click();
    await page.waitForFunction(() => document.querySelectorAll('.gallery img').length >= 8);
    await shows('No image has changed since.');
    const [name] = await readdir(testImages.replace('/test/', '/train/'));
    const Key = `domains/shapes/train/${tinyLabels[1]}/${name}`;
    await stack.s3.send(new DeleteObjectCommand({ Bucket: stack.buckets.data, Key }));
    await visit('/domains/shapes/data');
    await page.getByRole('button', { name: '1 removed' }).click();
    await page.locator('section[aria-labelledby=changes] .gallery img').waitFor();
    await inspect(page, 'data');

    await visit('/domains/shapes/lineage');
    await page.getByText('General model', { exact: true }).waitFor();
    expect(await page.locator('.lineage .step').count()).toBe(8);
    await inspect(page, 'lineage');

    await visit('/models');
    await page.getByText('✓ signed by').waitFor();
    await inspect(page, 'models');
  });

  test('lists promotions, and shows one with its domains', async () => {
    await visit('/promotions');
    await page.getByText('1 domain: 1 DEPLOYED').first().waitFor();
    await inspect(page, 'promotions');
    await page.getByRole('link', { name: 'all domains' }).click();
    await page.getByRole('link', { name: 'shapes' }).waitFor();
    await inspect(page, 'execution');
  });

  test('is used with the keyboard alone', async () => {
    await visit('/');
    await page.getByRole('link', { name: 'shapes' }).first().waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement === document.body)).toBe(false);
    await page.getByRole('link', { name: 'Promotions' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Promotions' }).waitFor();
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('H1');
  });

  test('asked nothing of another host, and no policy had to stop anything', () => {
    expect(wrong).toEqual([]);
  });
});
