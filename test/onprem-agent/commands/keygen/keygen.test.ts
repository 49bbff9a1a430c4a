import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { publicKeyOf, signBytes, verifyBytes } from '../../../../core/signature.ts';
import { graft } from '../../cli.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'graft-keygen-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

describe('graft keygen', () => {
  it('writes a private key for its owner only and prints the public key that belongs to it', async () => {
    const file = join(root, 'new', 'key.pem');

    const run = await graft(['keygen', '--out', file]);

    expect(run.code).toBe(0);
    const pem = await readFile(file, 'utf8');
    expect(run.stdout.trim()).toBe(publicKeyOf(pem));
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const bytes = Buffer.from('manifest');
    verifyBytes(bytes, signBytes(bytes, pem), [run.stdout.trim()]);
  });

  it('uses ~/.config/graft/signing-key.pem when no file is named', async () => {
    const run = await graft(['keygen', '--json'], { environment: { HOME: root } });

    expect(run.last.file).toBe(join(root, '.config/graft/signing-key.pem'));
    expect(publicKeyOf(await readFile(run.last.file, 'utf8'))).toBe(run.last.publicKey);
  });

  it('does not overwrite a key unless it is told to', async () => {
    const file = join(root, 'key.pem');
    const first = await graft(['keygen', '--out', file, '--json']);

    const refused = await graft(['keygen', '--out', file]);
    const kept = await readFile(file, 'utf8');
    const forced = await graft(['keygen', '--out', file, '--force', '--json']);

    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/is there already[\s\S]*--force/);
    expect(publicKeyOf(kept)).toBe(first.last.publicKey);
    expect(forced.last.publicKey).not.toBe(first.last.publicKey);
    expect(publicKeyOf(await readFile(file, 'utf8'))).toBe(forced.last.publicKey);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });
});
