import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { IntegrityError, InvalidInputError } from '#core/errors.ts';
import { runProgram } from './run-program.ts';

/** A package in the npm registry, and the files of it that are used. */
export interface PinnedPackage {
  name: string;
  version: string;
  /** The digest, in the form of npm's lock files. */
  integrity: string;
  files: RegExp;
}

export interface FetchContext {
  /** A folder with the packages' files, as `npm pack` leaves them; fetched with npm when left out. */
  from?: string | undefined;
  environment: NodeJS.ProcessEnv;
  signal: AbortSignal;
}

/**
 * Puts packages into a folder like `node_modules`, without running any script of theirs.
 *
 * @throws BackendInstallError when npm fails
 * @throws InvalidInputError when a package is not in the folder that was given
 * @throws IntegrityError when what npm gives is not the pinned one
 */
export async function fetchPackages(
  folder: string,
  packages: readonly PinnedPackage[],
  { from, environment, signal }: FetchContext,
): Promise<void> {
  const specifiers = packages.map(({ name, version }) => `${name}@${version}`);
  const downloads = from ?? join(folder, '.downloads');
  if (from === undefined) {
    await mkdir(downloads, { recursive: true });
    await runProgram({
      command: 'npm',
      args: [
        'pack',
        ...specifiers,
        ...['--pack-destination', downloads, '--ignore-scripts', '--no-workspaces'],
      ],
      ...{ folder, environment, signal },
      hint: 'npm has to reach the registry that `npm ci` has used: see `npm config get registry`. Without a network, --packages takes a folder.',
    });
  }
  const files = await tarballsIn(downloads);
  for (const { name, version, integrity, files: wanted } of packages) {
    const file = files.get(integrity);
    if (file === undefined) throw missing(`${name} ${version}`, from, specifiers);
    await unpack(file, join(folder, name), wanted, signal);
  }
  if (from === undefined) await rm(downloads, { recursive: true });
}

/** @returns paths of tarballs by their digests */
async function tarballsIn(folder: string): Promise<Map<string, string>> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new InvalidInputError(`The folder "${folder}" cannot be read`, { cause });
  });
  const files = new Map<string, string>();
  for (const name of names.filter((each) => each.endsWith('.tgz'))) {
    const file = join(folder, name);
    files.set(integrityOf(await readFile(file)), file);
  }
  return files;
}

function missing(what: string, from: string | undefined, specifiers: readonly string[]): Error {
  if (from === undefined) {
    return new IntegrityError(`What npm gave as ${what} is not the file that Graft knows`, {
      hint: 'Look at `npm config get registry`: a mirror may have changed the package.',
    });
  }
  return new InvalidInputError(`${what} is not in "${from}", or not as Graft knows it`, {
    hint: `Where there is a network, and copy what it leaves: npm pack ${specifiers.join(' ')}`,
  });
}

const integrityOf = (bytes: Buffer) => `sha512-${createHash('sha512').update(bytes).digest('base64')}`;

/** Files of an npm package lie below `package/`, or below another single folder. */
async function unpack(file: string, folder: string, wanted: RegExp, signal: AbortSignal): Promise<void> {
  const entries = extract();
  const reading = pipeline(createReadStream(file), createGunzip(), entries, { signal });
  for await (const entry of entries) {
    const name = entry.header.name.replace(/^[^/]+\//, '');
    const isWanted = entry.header.type === 'file' && wanted.test(name) && !name.split('/').includes('..');
    if (isWanted) {
      const target = join(folder, name);
      await mkdir(dirname(target), { recursive: true });
      await pipeline(entry, createWriteStream(target), { signal });
    } else {
      entry.resume();
    }
  }
  await reading;
}
