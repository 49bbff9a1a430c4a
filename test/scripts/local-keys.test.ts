import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { generateSigningKeys } from '#core/signature.ts';
import { localPublicKeys } from '../../scripts/development.ts';
import { graft } from '../onprem-agent/cli.ts';

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'graft-keys-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

test('the local stack trusts the checkout’s key, the one of `graft keygen`, and those that are listed', async () => {
  const environment = { HOME: home };
  const development = generateSigningKeys().publicKey;
  expect(await localPublicKeys(development, environment)).toEqual([development]);

  const made = await graft(['keygen', '--json'], { environment });
  expect(await localPublicKeys(development, environment)).toEqual([development, made.last.publicKey]);

  const listed = [generateSigningKeys().publicKey, development];
  const more = { ...environment, GRAFT_SIGNING_PUBLIC_KEYS: listed.join(', ') };
  expect(await localPublicKeys(development, more)).toEqual([development, made.last.publicKey, listed[0]]);
});
