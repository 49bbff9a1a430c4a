import { chmod, cp, mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildContainer } from '../../../scripts/build-container.ts';
import { repository } from '../../../scripts/fingerprint.ts';
import { readDockerfile } from '../../../scripts/image/dockerfile.ts';
import { imageDigest } from '../../../scripts/image/image-digest.ts';

const sources = (await readDockerfile()).sources;
/** One file for each source of COPY. */
const files = sources.map((source) => source.replace('*', 'serve.mjs').replace('serve.mjs.mjs', 'serve.mjs'));

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'graft-digest-'));
  for (const file of ['container/Dockerfile', 'container/Dockerfile.dockerignore']) {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await cp(join(repository, file), join(root, file));
  }
  for (const file of files) {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await writeFile(join(root, file), `content of ${file}`);
  }
});
afterEach(() => rm(root, { recursive: true, force: true }));

describe('the digest of what goes into the image', () => {
  it.each([...files, 'container/Dockerfile', 'container/Dockerfile.dockerignore'])(
    'is another one when %s has other content',
    async (file) => {
      const before = await imageDigest(root);
      const content = await readFile(join(root, file), 'utf8');

      await writeFile(join(root, file), `${content}\n#`);
      expect(await imageDigest(root)).not.toBe(before);

      await writeFile(join(root, file), content);
      expect(await imageDigest(root)).toBe(before);
    },
  );

  it('is another one when a file is added that a pattern takes in', async () => {
    const before = await imageDigest(root);

    await writeFile(join(root, '.build/container/more.mjs'), '');

    expect(await imageDigest(root)).not.toBe(before);
  });

  it('stays with other modes, times and files that are not copied', async () => {
    const before = await imageDigest(root);

    await chmod(join(root, 'container/entrypoint.mjs'), 0o777);
    await utimes(join(root, 'container/entrypoint.mjs'), 0, 0);
    await writeFile(join(root, 'container/notes.txt'), 'not copied');

    expect(await imageDigest(root)).toBe(before);
  });

  it('is an error where a source is not there', async () => {
    await rm(join(root, 'container/entrypoint.mjs'));

    await expect(imageDigest(root)).rejects.toThrow('entrypoint.mjs');
  });

  it('is the tag of the image that is built', async () => {
    const tag = await buildContainer();

    expect(tag).toBe((await imageDigest()).slice(0, 16));
  });
});
