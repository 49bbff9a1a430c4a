import { describe, expect, test } from 'vitest';
import { summarise } from '../../functions/finish-promotion.ts';
import { subject } from './samples.ts';

const { model, version } = subject;
const finish = (outcomes: Parameters<typeof summarise>[0]['outcomes']) =>
  summarise({ model, version, outcomes });

describe('finish-promotion', () => {
  test('counts the outcomes and names the failed domains, with their reasons', async () => {
    const summary = await finish([
      { domain: 'produce', outcome: 'DEPLOYED', reason: 'live' },
      { domain: 'tools', outcome: 'FAILED', reason: 'no images' },
      { domain: 'toys', outcome: 'FAILED', reason: 'one class' },
    ]);

    expect(summary.failed).toEqual(['tools', 'toys']);
    expect(summary.summary).toBe('3 domains: 1 DEPLOYED, 2 FAILED\ntools: no images\ntoys: one class');
  });

  test('names no domain where none failed', async () => {
    expect(await finish([{ domain: 'produce', outcome: 'REJECTED', reason: 'no' }])).toMatchObject({
      failed: [],
      summary: '1 domain: 1 REJECTED',
    });
  });

  test('says so when there is no domain', async () => {
    expect(await finish([])).toMatchObject({
      failed: [],
      outcomes: [],
      summary: expect.stringContaining('0 domains'),
    });
  });

  test('stays within the size limit of a state, with as many domains as one execution takes', async () => {
    const reason = '\u65b0'.repeat(160);
    const outcomes = Array.from({ length: 250 }, (_, n) => ({
      domain: `domain-with-a-name-as-long-${n}`,
      outcome: 'FAILED' as const,
      reason,
      baselineAccuracy: 0.123456789012345,
      transferAccuracy: 0.123456789012345,
      endpoint: `graft-dev-domain-with-a-name-as-long-${n}`,
    }));

    const bytes = Buffer.byteLength(JSON.stringify(await finish(outcomes)));
    expect(bytes).toBeLessThan(262_144);
  });
});
