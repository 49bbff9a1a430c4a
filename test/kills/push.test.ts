import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createS3 } from 'local-aws/services';
import { startLocal } from 'local-aws/testing';
import { expect, it } from 'vitest';
import { playPush } from './push-life.ts';

it('a push that is killed at random moments commits its model once, and sends hardly a part twice', async () => {
  const local = await startLocal({ services: [createS3] });
  const folder = await mkdtemp(join(tmpdir(), 'graft-kills-'));
  try {
    const tally = await playPush(local, folder, { seed: 3 });

    expect(tally.kills).toBeGreaterThan(0);
    expect(tally).toMatchObject({ lost: 0, committedTwice: 0, reasons: [] });
    expect(tally.partsTwice).toBeLessThanOrEqual(tally.kills);
  } finally {
    await local.stop();
    await rm(folder, { recursive: true, force: true });
  }
});
