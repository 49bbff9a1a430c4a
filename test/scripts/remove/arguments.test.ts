import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { generateSigningKeys } from '#core/signature.ts';
import { readArguments } from '../../../scripts/remove/arguments.ts';

const folder = mkdtempSync(join(tmpdir(), 'graft-settings-'));
const settings = join(folder, 'dev.yml');
const { publicKey } = generateSigningKeys();
writeFileSync(settings, `region: eu-west-1\nsigningPublicKeys: [${publicKey}]\naccount: "123456789012"\n`);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the arguments of npm run remove', () => {
  test('delete nothing by default, in the region and account of the settings', async () => {
    expect(await readArguments(['--stage', 'dev', '--settings', settings])).toEqual({
      stage: 'dev',
      region: 'eu-west-1',
      account: '123456789012',
      buckets: false,
      yes: false,
    });
  });

  test('may name the region of a stage whose settings are lost', async () => {
    expect(await readArguments(['--stage', 'lost', '--region', 'eu-west-2', '--yes', '--buckets'])).toEqual({
      stage: 'lost',
      region: 'eu-west-2',
      buckets: true,
      yes: true,
    });
  });

  test.each([
    [[], 'Which stage? --stage is missing'],
    [['--stage', 'dev-'], '"dev-" is no name for a stage'],
    [['--stage', ''], '"" is no name for a stage'],
    [['--stage', 'lost'], 'There is no stages/lost.yml, so nothing says in which region stage lost is'],
    [
      ['--stage', 'dev', '--settings', settings, '--region', 'us-east-1'],
      'says eu-west-1, --region us-east-1',
    ],
    [['--stage', 'dev', '--settings', join(folder, 'no.yml'), '--region', 'us-east-1'], 'There is no'],
    [['--stage', 'dev', '--bucket'], "Unknown option '--bucket'"],
  ])('%j are refused', async (args, message) => {
    await expect(readArguments(args)).rejects.toThrow(message);
  });
});
