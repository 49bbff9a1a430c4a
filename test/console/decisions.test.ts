import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { DescribeExecutionCommand } from '@aws-sdk/client-sfn';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Bucket } from '#cloud/aws/bucket.ts';
import { promotionStore } from '#cloud/records/promotion-store.ts';
import { executionArnOf } from '#core/names.ts';
import { type RunningConsole, startConsole } from '../../console/server/start.ts';
import { readPageFiles } from '../../onprem-agent/commands/console/page-files.ts';
import { buckets } from '../functions/stage.ts';
import { type Machine, startMachine } from '../statemachines/machine.ts';
import { stateMachineArn } from '../statemachines/stack.ts';
import { launchBrowser, openPage, whyNot } from './browser.ts';
import { inspect } from './inspect.ts';
import { consoleServices } from './services.ts';

vi.setConfig({ testTimeout: 240_000 });

/** What a promotion may take on a busy machine before a test gives up. */
const PATIENCE_MS = 200_000;

const first = '20261101T000000Z-aaaaaa';
const second = '20261115T000000Z-bbbbbb';

let machine: Machine;
let running: RunningConsole;
let readOnly: RunningConsole;
let browser: Browser;
let page: Page;
let wrong: string[];

/** The console over the machine, with the clients of the local AWS. */
async function openConsole(changes: { readOnly: boolean }): Promise<RunningConsole> {
  const { services } = consoleServices(machine.s3);
  const { s3, sfn, sagemaker, runtime, client } = machine;
  return startConsole({
    services: {
      ...services,
      ...{ sfn, sagemaker, runtime, prefix: 'graft-test', stateMachineArn: stateMachineArn('promote-model') },
      cloudwatch: client(CloudWatchClient),
      logs: client(CloudWatchLogsClient),
      store: promotionStore(s3, buckets.artifacts),
      models: new Bucket(s3, buckets.models),
      data: new Bucket(s3, buckets.data),
      session: { ...services.session, ...changes },
    },
    page: await readPageFiles(),
    port: 0,
  });
}

const promote = (execution: string, domain: string, version = first) =>
  machine.promote(execution, { model: 'icons', version, domains: [domain] });

/** The promotion waits for a person. */
async function asks(execution: string, domain: string): Promise<void> {
  const { approvals } = promotionStore(machine.s3, buckets.artifacts);
  await vi.waitUntil(() => approvals.find({ execution, domain }), { timeout: PATIENCE_MS, interval: 50 });
}

const visit = (path: string) => page.goto(new URL(path, running.url).href);
const outcomeShown = (outcome: RegExp) =>
  page.locator('h1 .badge').filter({ hasText: outcome }).waitFor({ timeout: PATIENCE_MS });
/** The execution that the page shows now. */
const shown = () => new URL(page.url()).pathname.split('/')[2]!;

/** Presses a button, reads what it will do, gives a reason where one is asked for, and confirms. */
async function decide(button: string, says: RegExp, reason?: string): Promise<void> {
  await page.getByRole('button', { name: `${button} …` }).click();
  const dialog = page.locator('dialog[open]');
  await dialog.getByText(says).waitFor();
  await dialog.getByText('Recorded as decided by jane').waitFor();
  if (reason !== undefined) await dialog.locator('textarea').fill(reason);
  await dialog.getByRole('button', { name: button, exact: true }).click();
  await dialog.waitFor({ state: 'hidden' });
}

describe.skipIf(whyNot !== '').sequential(`decisions by click${whyNot}`, () => {
  beforeAll(async () => {
    [machine, browser] = await Promise.all([startMachine(), launchBrowser()]);
    await Promise.all([machine.pushModel(first), machine.pushModel(second)]);
    await machine.pushDomain('asking', { approval: { required: true, timeoutSeconds: 600 } });
    await Promise.all(['poor', 'good'].map((domain) => machine.pushDomain(domain)));
    [running, readOnly] = await Promise.all([
      openConsole({ readOnly: false }),
      openConsole({ readOnly: true }),
    ]);
    ({ page, wrong } = await openPage(browser, running.url));
    page.setDefaultTimeout(20_000);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await Promise.all([running?.stop(), readOnly?.stop()]);
    await machine?.stop();
  });

  test('reject: the promotion ends as rejected, and keeps who said no, and why', async () => {
    const ended = promote('asked', 'asking');
    await asks('asked', 'asking');
    await visit('/promotions/asked/asking');
    await page.getByRole('button', { name: 'Reject …' }).click();
    // Without a reason, and after a second thought, nothing happens.
    await page.locator('dialog[open]').getByRole('button', { name: 'Reject', exact: true }).click();
    expect(await page.locator('dialog[open] textarea:invalid').count()).toBe(1);
    await inspect(page, 'reject');
    await page.locator('dialog[open]').getByRole('button', { name: 'Cancel' }).click();
    expect(await page.locator('h1 .badge').textContent()).toBe('waits for you');

    await decide('Reject', /What is live stays live/, 'these are limes');

    await outcomeShown(/rejected/);
    await page.getByText('jane says no: these are limes').first().waitFor();
    expect((await ended).status).toBe('SUCCEEDED');
    expect(await machine.outcome('asked', 'asking')).toMatchObject({
      outcome: 'REJECTED',
      approval: { approved: false, by: 'jane', comment: 'these are limes' },
    });
    expect(await machine.endpoint('asking')).toBeUndefined();
  });

  test('promote again, then stop: the new execution ends, and nobody is asked any more', async () => {
    await decide('Promote again', /deployed\s+if the gate says yes/);
    await page.getByRole('button', { name: 'Approve …' }).waitFor({ timeout: PATIENCE_MS });
    const execution = shown();
    expect(execution).not.toBe('asked');

    await decide('Stop', /What is\s+live stays live/, 'wrong images');

    await outcomeShown(/stopped/);
    const executionArn = executionArnOf(stateMachineArn('promote-model'), execution);
    expect(await machine.sfn.send(new DescribeExecutionCommand({ executionArn }))).toMatchObject({
      status: 'ABORTED',
      cause: 'jane: wrong images',
    });
    await page.getByText('jane: wrong images').first().waitFor();
    await visit('/');
    await page.locator('.attention .badge').getByText('rejected').first().waitFor();
    expect(await page.locator('.attention').getByText('waits for you').count()).toBe(0);
  });

  test('gate only: the gate decides anew, and deploys nothing', async () => {
    await promote('refused', 'poor');
    await visit('/promotions/refused/poor');
    await outcomeShown(/rejected/);

    await decide('Ask the gate again', /Nothing is trained and nothing is deployed/);

    await outcomeShown(/evaluated/);
    expect(await page.locator('.states b').allTextContents()).toContain('FindTraining');
    expect(await machine.endpoint('poor')).toBeUndefined();
  });

  test('force: deploys although the gate says no, and says above everything who wanted it', async () => {
    await visit('/promotions/refused/poor');
    await decide('Force', /deployed whatever the gate says/, 'the fair is tomorrow');

    await outcomeShown(/deployed/);
    expect(await machine.outcome(shown(), 'poor')).toMatchObject({
      outcome: 'DEPLOYED',
      forced: { by: 'jane', reason: 'the fair is tomorrow' },
    });
    await page
      .getByText(/the fair is tomorrow/)
      .first()
      .waitFor();
    await page.getByText('answers as the training job did about 2 test images').waitFor();
    expect(await page.locator('#golden .pictures li').count()).toBe(2);
    // Its baseline is that of the promotion which was refused.
    const baseline = page.locator('.states li').filter({ hasText: 'StartBaseline' });
    expect(await baseline.textContent()).toContain('no cost');
    await inspect(page, 'promotion-forced');
  });

  test('roll back: puts the earlier model back, and shows how', async () => {
    await promote('older', 'good');
    const before = await machine.endpoint('good');
    await promote('newer', 'good', second);
    await visit('/domains/good');

    await decide('Roll back', new RegExp(`From icons ${second}[^]*to icons ${first}`));

    await outcomeShown(/deployed/);
    expect(await page.locator('.states .done b').allTextContents()).toContain('RollBackEndpoint');
    expect(await machine.endpoint('good')).toEqual(before);
    await visit('/domains/good');
    await page.getByText('put back by jane').waitFor();
  });

  test('read-only: shows none of it', async () => {
    const second = await openPage(browser, readOnly.url);
    for (const path of ['/promotions/refused/poor', '/domains/good']) {
      await second.page.goto(new URL(path, readOnly.url).href);
      await second.page.getByRole('heading', { level: 1 }).waitFor();
      await second.page.waitForLoadState('networkidle');
      expect(await second.page.getByRole('button', { name: /…$/ }).count(), path).toBe(0);
    }
    await second.page.close();
  });

  test('needed nothing from elsewhere', () => {
    expect(wrong).toEqual([]);
  });
});
