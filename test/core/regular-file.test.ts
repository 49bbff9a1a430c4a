import { execFileSync } from 'node:child_process';
import { appendFile, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256, sha256OfFile } from '#core/digest.ts';
import { readRegularFile } from '#core/regular-file.ts';

let root: string;
let server: Server | undefined;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'graft-file-'));
});
afterEach(async () => {
  server?.close();
  server = undefined;
  await rm(root, { recursive: true, force: true });
});

const make: Record<string, (path: string) => Promise<unknown> | unknown> = {
  'a FIFO': (path) => execFileSync('mkfifo', [path]),
  'a device': (path) => symlink('/dev/zero', path),
  'a socket or a device': (path) =>
    new Promise<void>((resolve) => {
      server = createServer().listen(path, resolve);
    }),
  'a folder': (path) => symlink(root, path),
  'a link to something that is not there': (path) => symlink(join(root, 'nowhere'), path),
  'a link that leads to itself': (path) => symlink(path, path),
};

describe('a regular file', () => {
  it('is read whole, also through a link', async () => {
    await writeFile(join(root, 'file'), 'some text');
    await symlink(join(root, 'file'), join(root, 'link'));

    expect((await readRegularFile(join(root, 'link'), 9)).toString()).toBe('some text');
    expect(await sha256OfFile(join(root, 'link'))).toEqual({ sha256: sha256('some text'), size: 9 });
  });

  it('may be empty', async () => {
    await writeFile(join(root, 'file'), '');

    expect(await readRegularFile(join(root, 'file'), 9)).toHaveLength(0);
  });

  it('is read to the end that it has, not to the size that it had', async () => {
    await writeFile(join(root, 'file'), '1234');
    await appendFile(join(root, 'file'), '56');

    expect((await readRegularFile(join(root, 'file'), 6)).toString()).toBe('123456');
  });

  it.each(['file', '/proc/kallsyms'])('is refused when it is too large: %s', async (name) => {
    await writeFile(join(root, 'file'), '1234567');
    const path = name.startsWith('/') ? name : join(root, name);

    await expect(readRegularFile(path, 6)).rejects.toThrow(/its \d+ bytes are more than the 6 allowed/);
  });

  it.each(Object.entries(make))('is not %s', async (what, create) => {
    const path = join(root, 'it');
    await create(path);

    await expect(readRegularFile(path, 1000)).rejects.toThrow(`it is ${what}, not a file`);
    await expect(sha256OfFile(path)).rejects.toThrow(`it is ${what}, not a file`);
  });

  it('has the system’s error when it is missing', async () => {
    await expect(readRegularFile(join(root, 'none'), 9)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
