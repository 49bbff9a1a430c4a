import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildContainer } from '../../scripts/build-container.ts';
import { makeBase, ownCertificates } from './base.ts';
import type { ImageConfig } from './container.ts';
import { run } from './run.ts';

export interface BuiltImage {
  /** Its file system. */
  root: string;
  config: ImageConfig;
  bytes: number;
  /** Bytes without those of the base. */
  added: number;
  /** Gives the container's file system back. */
  remove(): Promise<void>;
}

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Builds `container/Dockerfile` with buildah, whose steps run in a chroot: no engine, no registry of images.
 */
export async function buildImage(folder: string): Promise<BuiltImage> {
  await buildContainer();
  const root = await makeBase(folder);
  const driver = storageDriver();
  const storage = [
    ...['--storage-driver', driver, '--root', join(folder, `storage-${driver}`)],
    ...['--runroot', join(folder, 'run')],
  ];
  const buildah = (...words: string[]) => run('buildah', [...storage, ...words], { quiet: true });
  await makeBaseImage(buildah, root);
  const certificates = await ownCertificates();
  await run('buildah', [
    ...storage,
    ...['bud', '--isolation', 'chroot', '--format', 'docker', '--layers', '--pull-never'],
    ...['--build-arg', 'BASE=localhost/graft-base'],
    ...['--build-arg', `CA_CERTIFICATES=${certificates}`],
    ...['--file', 'container/Dockerfile', '--ignorefile', 'container/Dockerfile.dockerignore'],
    ...['--tag', 'localhost/graft-training', '.'],
  ]);
  const container = await buildah('from', '--pull-never', 'localhost/graft-training');
  const mounted = await buildah('mount', container);
  // An engine makes the folders that it mounts over.
  await mkdir(join(mounted, 'opt/ml'), { recursive: true });
  const { Docker } = JSON.parse(await buildah('inspect', '--type', 'image', 'localhost/graft-training'));
  const bytesOf = async (path: string) =>
    Number.parseInt(await run('du', ['--summarize', '--bytes', path], { quiet: true }), 10);
  return {
    root: mounted,
    config: Docker.config,
    bytes: await bytesOf(mounted),
    added: (await bytesOf(mounted)) - (await bytesOf(root)),
    remove: async () => void (await buildah('rm', container)),
  };
}

async function makeBaseImage(buildah: (...words: string[]) => Promise<string>, root: string): Promise<void> {
  const known = await buildah('images', '--quiet', 'localhost/graft-base').catch(() => '');
  if (known !== '') return;
  const container = await buildah('from', 'scratch');
  await buildah('copy', container, root, '/');
  await buildah('config', '--env', `PATH=${PATH}`, '--cmd', 'node', container);
  await buildah('commit', '--rm', container, 'localhost/graft-base');
}

/**
 * Layers on top of each other where this machine lets root do that; otherwise whole copies, which take
 * minutes and gigabytes.
 */
function storageDriver(): 'overlay' | 'vfs' {
  const folder = mkdtempSync(join(tmpdir(), 'graft-overlay-'));
  const [lower, upper, work] = ['lower', 'upper', 'work'].map((name) => join(folder, name));
  for (const each of [lower!, upper!, work!]) mkdirSync(each);
  const options = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
  const tried = spawnSync('unshare', ['--mount', 'mount', '-t', 'overlay', 'overlay', '-o', options, lower!]);
  rmSync(folder, { recursive: true, force: true });
  return tried.status === 0 ? 'overlay' : 'vfs';
}
