import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Outcome } from '#core/contracts/outcome.ts';
import type { PredictionResponse } from '#core/contracts/served-model.ts';
import { InvalidInputError } from '#core/errors.ts';
import { championKey, outcomeKey, promotionRecordKey, trainingOutputKeys } from '#core/keys.ts';
import { trainingJobName } from '#core/names.ts';
import type { ConsoleServices } from '../../console/server/services.ts';
import { type RunningConsole, startConsole } from '../../console/server/start.ts';
import { readPageFiles } from '../../onprem-agent/commands/console/page-files.ts';
import { recordingClient } from '../cloud/recording-client.ts';
import { champion, newerVersion, olderVersion } from '../functions/samples.ts';
import { launchBrowser, openPage, whyNot } from './browser.ts';
import { inspect } from './inspect.ts';
import { memoryS3 } from './memory-s3.ts';
import { consoleServices } from './services.ts';

const domain = 'produce';
const live = champion(olderVersion);
/** One red pixel. */
const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC';

function answerOf(version: string, apple: number): PredictionResponse {
  const predictions = [
    { label: 'apple', probability: apple },
    { label: 'banana', probability: 1 - apple },
  ].sort((one, other) => other.probability - one.probability);
  const general = { model: 'icons', version };
  return { predictions, unsure: apple < 0.5, outOfDomain: 1 - apple, domain, general, trainingJob: 'job' };
}

let running: RunningConsole;
let browser: Browser;
let page: Page;
let wrong: string[];
/** What the endpoint was asked, by its type and size. */
const asked: string[] = [];
/** What the refused model does. */
let refused: () => PredictionResponse;

/** Archives in S3 are only looked for; the models on this machine are the test's. */
async function services(): Promise<ConsoleServices> {
  const s3 = memoryS3();
  const write = (Key: string, value: object) =>
    s3.send(new PutObjectCommand({ Bucket: 'artifacts', Key, Body: JSON.stringify(value) }));
  const archive = (execution: string) =>
    trainingOutputKeys(execution, domain, trainingJobName('graft-dev', execution, domain, 'transfer'))
      .modelKey;
  const outcome = (execution: string, change: Partial<Outcome>): Outcome => ({
    ...{ schemaVersion: 1, domain, model: 'icons', version: newerVersion, execution, outcome: 'REJECTED' },
    ...{ reason: 'The gate says no: it takes limes for lemons', finishedAt: '2026-11-24T10:00:00.000Z' },
    ...change,
  });
  await write(championKey(domain), live);
  for (const [execution, change] of [
    ['worse', {}],
    ['cleaned-up', {}],
    ['deployed', { outcome: 'DEPLOYED' }],
  ] as const) {
    await write(promotionRecordKey(domain, execution), {});
    await write(outcomeKey(execution, domain), outcome(execution, change));
    if (execution !== 'cleaned-up') await write(archive(execution), {});
  }
  return {
    ...consoleServices(s3).services,
    runtime: recordingClient<ConsoleServices['runtime']>({
      InvokeEndpoint: ({ ContentType, Body }: { ContentType: string; Body: Uint8Array }) => {
        asked.push(`${ContentType} ${Body.length > 1000 ? 'large' : 'small'}`);
        return { Body: Buffer.from(JSON.stringify(answerOf(olderVersion, 0.9))) };
      },
    }).client,
    localModels: {
      ask: async (key) => ({
        answer: key === live.modelKey ? answerOf(olderVersion, 0.9) : refused(),
        ms: 7,
      }),
      close: async () => {},
    },
  };
}

const side = (name: string) => page.getByRole('region', { name, exact: true });

describe.skipIf(whyNot !== '').sequential(`trying a domain${whyNot}`, () => {
  beforeAll(async () => {
    const [given, files] = await Promise.all([services(), readPageFiles()]);
    [running, browser] = await Promise.all([
      startConsole({ services: given, page: files, port: 0 }),
      launchBrowser(),
    ]);
    ({ page, wrong } = await openPage(browser, running.url));
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.goto(new URL(`/domains/${domain}/try`, running.url).href);
    await page.getByText('paste one').waitFor();
  }, 240_000);
  afterAll(async () => {
    await browser?.close();
    await running?.stop();
  });

  test('answers about an image that is pasted', async () => {
    await page.evaluate(async (base64) => {
      const bytes = Uint8Array.from(atob(base64), (each) => each.charCodeAt(0));
      const image = new Blob([bytes], { type: 'image/png' });
      await navigator.clipboard.write([new ClipboardItem({ 'image/png': image })]);
    }, png);
    await page.keyboard.press('Control+V');

    await side('Answer').getByRole('heading', { name: 'apple' }).waitFor();
    expect(asked).toEqual(['image/png small']);
  });

  test('shows beside it what a refused model says, where its files are still there', async () => {
    refused = () => answerOf(newerVersion, 0.2);
    const choice = page.getByLabel('Compare with');
    expect(await choice.locator('option').allTextContents()).toEqual([
      'none',
      `icons ${newerVersion}, rejected on 2026-11-24`,
    ]);
    await choice.selectOption({ index: 1 });

    await side('Live').getByRole('heading', { name: 'apple' }).waitFor();
    await side('Refused').getByRole('heading', { name: 'banana' }).waitFor();
    expect(await side('Refused').locator('.badge').textContent()).toBe('unsure');
    await page.getByText('it takes limes for lemons').waitFor();
    await inspect(page, 'try-compare');
  });

  test('takes an image with the camera, and says why a model cannot be loaded', async () => {
    refused = () => {
      throw new InvalidInputError('The model has 900 MB', { hint: 'Unpack its archive' });
    };
    await page.getByRole('button', { name: 'Use the camera' }).click();
    await page.getByRole('button', { name: 'Take the picture' }).click();
    await page.getByRole('img', { name: 'camera.jpg' }).waitFor();
    await side('Answer').waitFor();

    expect(asked.at(-1)).toBe('image/jpeg large');
    expect(await page.locator('video').count()).toBe(0);
    await page.getByLabel('Compare with').selectOption({ index: 1 });
    await side('Refused').getByText('Unpack its archive').waitFor();
    await side('Live').getByRole('heading', { name: 'apple' }).waitFor();
  });

  test('needs nothing that its policy stops', () => {
    expect(wrong).toEqual([]);
  });
});
