import { spawn } from 'node:child_process';
import type { LocalAws } from 'local-aws';
import { allServices } from 'local-aws/services';
import { startLocal } from 'local-aws/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';

let local: LocalAws;
beforeAll(async () => {
  local = await startLocal({ services: allServices() });
});
afterAll(() => local.stop());

/** As a person runs it. */
async function remove(...args: string[]) {
  const child = spawn(process.execPath, ['--import', 'tsx', 'scripts/remove.ts', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      AWS_ENDPOINT_URL: local.endpoint,
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
    },
  });
  const printed = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => (printed.stdout += chunk));
  child.stderr.on('data', (chunk) => (printed.stderr += chunk));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, ...printed };
}

test('npm run remove says whose account it is in, and nothing that is not about the stage', async () => {
  const { code, stdout, stderr } = await remove('--stage', 'gone', '--region', 'eu-central-1');

  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^Account {2}000000000000 .*\nRegion {3}eu-central-1\nStage {4}gone/);
  expect(stdout).toContain('Nothing was deleted.');
});

test('npm run remove without settings or region says what to name', async () => {
  const { code, stderr } = await remove('--stage', 'gone');

  expect(code).toBe(2);
  expect(stderr.trim().split('\n')).toEqual([
    'There is no stages/gone.yml, so nothing says in which region stage gone is',
    'hint: Name it: npm run remove -- --stage gone --region eu-central-1',
  ]);
});
