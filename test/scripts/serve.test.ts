import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeImageFolder } from '../fixtures/images.ts';
import { makeServedModel } from '../model/prediction/served-model-fixture.ts';

it('serves a folder on this machine, says how to ask it, and ends with 0 on Ctrl-C', async () => {
  const root = await mkdtemp(join(tmpdir(), 'graft-serve-'));
  try {
    const labels = ['apple', 'pear'];
    await makeServedModel(join(root, 'model'), { labels });
    const [path] = await makeImageFolder(join(root, 'images'), { labels, perLabel: 1 });
    const script = join(import.meta.dirname, '..', '..', 'scripts', 'serve.ts');
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', script, join(root, 'model'), '--port', '0', '--threads', '1'],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    let said = '';
    for await (const chunk of child.stdout.setEncoding('utf8')) {
      said += chunk;
      if (!said.includes('/metrics')) continue;
      const url = /at (http:\/\/127\.0\.0\.1:\d+) until/.exec(said)![1];
      const body = new Uint8Array(await readFile(path!));
      const headers = { 'content-type': 'image/png' };
      const answer = await fetch(`${url}/invocations`, { method: 'POST', body, headers });
      expect(answer.status).toBe(200);
      child.kill('SIGINT');
    }

    expect(await ended).toBe(0);
    expect(said).toContain("curl --data-binary @image.jpg --header 'content-type: image/jpeg'");
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});
