import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { generateSigningKeys } from '#core/signature.ts';
import { readArguments } from '../../../scripts/deploy/arguments.ts';

const { publicKey } = generateSigningKeys();
const folder = mkdtempSync(join(tmpdir(), 'graft-settings-'));
const settings = join(folder, 'dev.yml');
writeFileSync(settings, `region: eu-west-1\nsigningPublicKeys: [${publicKey}]\n`);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const read = (...args: string[]) => readArguments(args, { AWS_REGION: 'us-east-1' });

describe('the arguments of npm run deploy', () => {
  test('take region and keys from the settings, whatever region the shell is in', async () => {
    expect(await read('--stage', 'dev', '--settings', settings)).toEqual({
      stage: 'dev',
      region: 'eu-west-1',
      settings: { region: 'eu-west-1', signingPublicKeys: [publicKey] },
      settingsFile: settings,
      build: true,
      forceImage: false,
      importBuckets: false,
      whileRunning: false,
      dryRun: false,
    });
  });

  test('of a dry run without Docker', async () => {
    expect(await read('--stage', 'dev', '--settings', settings, '--dry-run', '--no-build')).toMatchObject({
      build: false,
      dryRun: true,
    });
  });

  test('may ask for the usage', async () => {
    expect(await read('--help')).toBeUndefined();
  });

  test.each([
    [[], 'Which stage? --stage is missing'],
    [['--stage', 'Dev Stage'], '"Dev Stage" is no name for a stage'],
    [['--stage', 'dev-2'], '"dev-2" is no name for a stage'],
    [['--stage', 'abcdefghijklmnopq'], 'is no name for a stage'],
    [['--stage', '../dev'], '"../dev" is no name for a stage'],
    [['--stage', 'nowhere'], 'There is no stages/nowhere.yml'],
    [['--stage', 'dev', '--settings', settings, '--force-image', '--no-build'], '--no-build builds none'],
    [['--stag', 'dev'], "Unknown option '--stag'"],
  ])('%j are refused with one sentence', async (args, message) => {
    await expect(read(...args)).rejects.toThrow(message);
  });
});
