import {
  DeleteObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { ManualClock } from 'local-aws/testing';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { promotionStore } from '#cloud/records/promotion-store.ts';
import { domainKey, imagesPrefix } from '#core/keys.ts';
import { startConsole } from '../../console/server/start.ts';
import { readPageFiles } from '../../onprem-agent/commands/console/page-files.ts';
import { tinyDomain, tinyLabels } from '../end-to-end/stack.ts';
import { launchBrowser, openPage, whyNot } from './browser.ts';
import { inspect } from './inspect.ts';
import { consoleServices, startS3 } from './services.ts';

const DAY_MS = 86_400_000;
const clock = new ManualClock(Date.now() - 2 * DAY_MS);
let s3: S3Client;
let stop: () => Promise<unknown>;
let running: Awaited<ReturnType<typeof startConsole>>;
let browser: Browser;
let page: Page;
let wrong: string[];

/** Of a colour of its own, so that no two have the same content. */
async function put(part: 'train' | 'test', label: string, name: string, red = 0): Promise<void> {
  const background = { r: red, g: tinyLabels.indexOf(label) * 80, b: name.length * 20 };
  const Body = await sharp({ create: { width: 16, height: 16, channels: 3, background } })
    .png()
    .toBuffer();
  const Key = `${imagesPrefix('shapes', part)}${label}/${name}`;
  await s3.send(new PutObjectCommand({ Bucket: 'data', Key, Body }));
}

describe.skipIf(whyNot !== '').sequential(`the images of a domain${whyNot}`, () => {
  beforeAll(async () => {
    ({ s3, stop } = await startS3(clock));
    await s3.send(
      new PutBucketVersioningCommand({ Bucket: 'data', VersioningConfiguration: { Status: 'Enabled' } }),
    );
    for (const label of tinyLabels) {
      for (const red of [10, 20, 30]) await put('train', label, `${red}.png`, red);
      await put('test', label, 'one.png', 40);
    }
    const Body = JSON.stringify(tinyDomain('shapes'));
    await s3.send(new PutObjectCommand({ Bucket: 'data', Key: domainKey('shapes'), Body }));
    clock.advance(DAY_MS);
    const store = promotionStore(s3, 'artifacts');
    await store.promotions.add({ execution: 'the-last-one', domain: 'shapes' });
    clock.advance(DAY_MS);
    const [first, second] = tinyLabels;
    await s3.send(
      new DeleteObjectCommand({ Bucket: 'data', Key: `${imagesPrefix('shapes', 'train')}${first}/10.png` }),
    );
    await put('train', first!, '20.png', 90);
    for (let n = 0; n < 50; n++) await put('train', second!, `new-${n}.png`, 100 + n);
    const { services } = consoleServices(s3);
    running = await startConsole({ services, page: await readPageFiles(), port: 0 });
    browser = await launchBrowser();
    ({ page, wrong } = await openPage(browser, running.url));
  }, 240_000);
  afterAll(async () => {
    await browser?.close();
    await running?.stop();
    await stop?.();
  });

  test('are told apart by what was added, replaced and removed since the last promotion, page by page', async () => {
    await page.goto(new URL('/domains/shapes/data', running.url).href);
    const changes = page.locator('section[aria-labelledby=changes]');
    const pictures = changes.locator('.gallery img');
    await changes.getByRole('button', { name: '50 added' }).click();
    await pictures.nth(47).waitFor();
    await changes.getByRole('button', { name: 'Next' }).click();
    await changes.getByText('Page 2').waitFor();
    await pictures.nth(1).waitFor();
    await pictures.nth(2).waitFor({ state: 'detached' });

    await changes.getByRole('button', { name: '1 replaced' }).click();
    await changes.getByText(`${tinyLabels[0]}/20.png`).waitFor();
    await changes.getByRole('button', { name: '1 removed' }).click();
    await changes.getByText(`${tinyLabels[0]}/10.png`).waitFor();
    await pictures.first().waitFor();
    expect(await pictures.first().evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(16);
    await inspect(page, 'data-changes');
    expect(wrong).toEqual([]);
  });
});
