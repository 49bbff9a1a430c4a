import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { logToFolder } from '../../src/command/log.ts';

const MEGABYTE = 1024 * 1024;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'local-aws-log-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the log file', () => {
  it('holds the last line once it is closed', async () => {
    const { log, file, close } = logToFolder(folder);
    log.info('the last line');
    await close();

    expect(readFileSync(file!, 'utf8')).toContain('"msg":"the last line"');
  });

  it('is set aside when it is large, and the oldest of those set aside goes', async () => {
    const long = 'x'.repeat(MEGABYTE);
    for (let run = 0; run < 5; run++) {
      const { log, close } = logToFolder(folder);
      for (let line = 0; line < 25; line++) log.info(long);
      await close();
    }

    const logs = readdirSync(folder).filter((name) => name.startsWith('local.log'));
    expect(logs.length).toBeGreaterThan(2);
    expect(logs.length).toBeLessThanOrEqual(4);
    for (const name of logs) expect(statSync(join(folder, name)).size).toBeLessThan(30 * MEGABYTE);
  });
});
