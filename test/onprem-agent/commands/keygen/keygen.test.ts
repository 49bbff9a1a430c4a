import { spawnSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keyIdOf, publicKeyOf, signBytes, verifyBytes } from '../../../../core/signature.ts';
import { type FakeIoOptions, graft, program } from '../../cli.ts';
import { makeModelFolder } from '../../model-fixture.ts';

const PKCS8 = { type: 'pkcs8', format: 'pem' } as const;
const unreachable = ['--endpoint-url', 'http://127.0.0.1:1', '--region', 'eu-central-1'];

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

describe('an encrypted key', () => {
  const passphrase = 'correct horse battery';
  let key: string;
  let file: string;
  const push = (more: string[] = [], options: FakeIoOptions = {}) =>
    graft(['push', join(root, 'model'), '--bucket', 'b', '--key', key, ...unreachable, '--json', ...more], {
      environment: {},
      ...options,
    });
  /** The key is opened before anything is sent, so how far a push comes says whether it was. */
  const OPENED = /cannot be reached|no AWS credentials/;
  beforeEach(async () => {
    key = join(root, 'key.pem');
    file = join(root, 'passphrase');
    await writeFile(file, `${passphrase}\nignored\n`);
    await makeModelFolder(join(root, 'model'));
  });

  it('is made with a passphrase from a file, or one that is typed twice', async () => {
    const made = await graft(['keygen', '--out', key, '--passphrase-file', file, '--json']);
    expect(made.last).toMatchObject({ encrypted: true, keyId: keyIdOf(made.last.publicKey) });
    const pem = await readFile(key, 'utf8');
    expect(pem).toContain('BEGIN ENCRYPTED PRIVATE KEY');
    expect(publicKeyOf(createPrivateKey({ key: pem, passphrase }).export(PKCS8).toString())).toBe(
      made.last.publicKey,
    );
    expect(await readFile(`${key}.pub`, 'utf8')).toBe(`${made.last.publicKey}\n`);

    const typed = ['keygen', '--out', key, '--force', '--encrypt'];
    expect(await graft(typed, { secrets: [passphrase, passphrase] })).toMatchObject({ code: 0 });
    expect(await graft(typed, { secrets: [passphrase, 'something else'] })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('The two passphrases differ'),
    });
    expect((await graft(typed, { secrets: ['short'] })).stderr).toMatch(/fewer than 8 characters/);
    expect((await graft(typed)).stderr).toMatch(/no terminal to ask on[\s\S]*--passphrase-file/);
  });

  it('is opened with the passphrase from a file, from a person, and with no other', async () => {
    await graft(['keygen', '--out', key, '--passphrase-file', file]);

    expect((await push(['--passphrase-file', file])).last.message).toMatch(OPENED);
    expect((await push([], { secrets: [passphrase] })).last.message).toMatch(OPENED);
    expect((await push([], { secrets: ['wrong one'] })).last).toMatchObject({
      name: 'InvalidInput',
      message: 'The passphrase does not open the signing key',
    });
    expect((await push()).last).toMatchObject({
      message: `The passphrase of "${key}" is needed, and there is no terminal to ask on`,
      hint: expect.stringContaining('GRAFT_PASSPHRASE_FILE'),
    });
    expect((await push(['--passphrase-file', join(root, 'nowhere')])).last.message).toMatch(/nowhere/);
    await writeFile(file, '\n');
    expect((await push(['--passphrase-file', file])).last.message).toMatch(/first line .* is empty/);
  });

  it.skipIf(spawnSync('openssl', ['version']).status !== 0)(
    'may be one of OpenSSL with a slower derivation, and OpenSSL opens ours',
    async () => {
      const made = await graft(['keygen', '--out', key, '--passphrase-file', file, '--json']);
      const openssl = (...words: string[]) => spawnSync('openssl', words, { encoding: 'utf8' });
      const pass = `file:${file}`;
      const shown = openssl('pkey', '-in', key, '-passin', pass, '-pubout');
      expect(shown.stdout).toContain(made.last.publicKey);

      const slow = join(root, 'slow.pem');
      const derived = ['-scrypt', '-out', slow];
      const run = openssl(
        'pkcs8',
        '-topk8',
        '-in',
        key,
        '-passin',
        pass,
        '-passout',
        `pass:${passphrase}`,
        ...derived,
      );
      expect(run).toMatchObject({ status: 0 });
      key = slow;
      expect((await push(['--passphrase-file', file])).last.message).toMatch(OPENED);
    },
  );

  it.skipIf(spawnSync('python3', ['--version']).status !== 0)(
    'is asked for on a terminal, which does not show what is typed',
    async () => {
      const typed = spawnSync('python3', ['-c', PTY, process.execPath, program, key], { encoding: 'utf8' });

      expect(typed.stdout).toMatch(
        /New passphrase:[\s\S]*The same once more:[\s\S]*encrypted with the passphrase/,
      );
      expect(typed.stdout).not.toContain(passphrase);
      const pem = await readFile(key, 'utf8');
      expect(() => createPrivateKey({ key: pem, passphrase })).not.toThrow();
    },
  );

  /** Runs `graft keygen` on a terminal of its own, and types when it is asked. */
  const PTY = `
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], [sys.argv[1], sys.argv[2], 'keygen', '--encrypt', '--out', sys.argv[3]])
seen, answered = b'', 0
while True:
    try: chunk = os.read(fd, 4096)
    except OSError: break
    if not chunk: break
    seen += chunk
    if seen.count(b': ') > answered and seen.endswith(b': '):
        answered += 1
        os.write(fd, b'${passphrase}\\n')
os.waitpid(pid, 0)
sys.stdout.buffer.write(seen)
`;
});
