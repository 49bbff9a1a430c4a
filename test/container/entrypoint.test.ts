import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const entrypoint = fileURLToPath(new URL('../../container/entrypoint.mjs', import.meta.url));

let image: string;
beforeEach(async () => {
  image = await mkdtemp(join(tmpdir(), 'graft-image-'));
  // As in the image: everybody may read the programs.
  await chmod(image, 0o755);
  await copyFile(entrypoint, join(image, 'entrypoint.mjs'));
});
afterEach(() => rm(image, { recursive: true, force: true }));

function start(word: string | undefined, environment: NodeJS.ProcessEnv = {}) {
  const words = word === undefined ? [] : [word];
  const child = spawn(process.execPath, [join(image, 'entrypoint.mjs'), ...words], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const done = once(child, 'close').then(([code]) => ({ code: code as number, stdout, stderr }));
  return { child, done };
}

describe('the entry point', () => {
  it.each(['train', 'serve'])('runs %s in its own process', async (word) => {
    await writeFile(join(image, `${word}.mjs`), `console.log('${word}', process.pid); process.exitCode = 7;`);

    const { child, done } = start(word);

    expect(await done).toMatchObject({ code: 7, stdout: `${word} ${child.pid}\n` });
  });

  it('hands SIGTERM to the program', async () => {
    await writeFile(
      join(image, 'serve.mjs'),
      `process.on('SIGTERM', () => process.exit(3)); console.log('up'); setInterval(() => {}, 1000);`,
    );
    const { child, done } = start('serve');
    await once(child.stdout, 'data');

    child.kill('SIGTERM');

    expect((await done).code).toBe(3);
  });

  it.each([undefined, 'sh', 'toString'])('refuses %j', async (word) => {
    const run = await start(word).done;

    expect(run.code).toBe(2);
    expect(run.stderr).toContain('expected "train" or "serve"');
  });
});

describe.skipIf(process.getuid?.() !== 0)('started as root', () => {
  it('gives the output folders to an ordinary user and becomes that user', async () => {
    await writeFile(
      join(image, 'train.mjs'),
      `console.log(process.getuid(), process.getgid(), process.getgroups().join());`,
    );
    const root = join(image, 'ml');

    const run = await start('train', {
      GRAFT_USER_ID: '1000',
      GRAFT_GROUP_ID: '1001',
      GRAFT_OPT_ML: root,
    }).done;

    expect(run).toMatchObject({ code: 0, stdout: '1000 1001 1001\n', stderr: '' });
    expect((await stat(join(root, 'model'))).uid).toBe(1000);
    expect((await stat(join(root, 'output', 'data'))).uid).toBe(1000);
  });
});
