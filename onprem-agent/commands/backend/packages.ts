import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { IntegrityError } from '#core/errors.ts';
import { runProgram } from './run-program.ts';

/** A package in the npm registry, and the files of it that are used. */
interface PinnedPackage {
  name: string;
  version: string;
  /** The digest, in the form of npm's lock files. */
  integrity: string;
  files: RegExp;
}

const BINDING: PinnedPackage = {
  name: '@tensorflow/tfjs-node-gpu',
  version: '4.22.0',
  integrity:
    'sha512-p//NN6DGiN4hInUmIkRffaFVMcdTREUMjPyjW04J7OXvB2zBlQimj61eFKSgRrH3f5TnOfKzb0n56he/B6a4bw==',
  files: /^(package\.json$|binding\/|dist\/(?!.*(_test\.js|\.d\.ts)$))/,
};

/** A package that the binding's scripts load. */
const PROTOBUF: PinnedPackage = {
  name: 'google-protobuf',
  version: '3.21.4',
  integrity:
    'sha512-MnG7N936zcKTco4Jd2PX2U96Kf9PxygAPKBug+74LHzmHXmceN16MmRcdgZv+DGef/S9YvQAfRsNCn4cjf9yyQ==',
  files: /^(package\.json|google-protobuf\.js|LICENSE.*)$/,
};

/**
 * Headers of Node-API, which is stable: the headers of the running Node.js are not needed, and later versions
 * load the binding.
 */
const NODE_API: PinnedPackage = {
  name: 'node-api-headers',
  version: '1.9.0',
  integrity:
    'sha512-2oNILP4jXwRB4ywnYKjVk1YyJ96n2D4EOVJO6S3oYZ5PtbJrw3Yt9TpAuX3nBLMuzn74rnfGQrv13pS9vC+YiA==',
  files: /^include\//,
};

export const BINDING_VERSION = BINDING.version;

/**
 * Fetches the packages that the binding consists of through npm, without running any script of theirs, and
 * puts them into a folder like `node_modules`. `@tensorflow/tfjs`, which the binding's scripts ask for,
 * becomes an alias for the one `@tensorflow/tfjs-core` that the program uses: two of them would not know each
 * other's tensors, and the whole package would bring 280 MB.
 *
 * @throws BackendInstallError when npm fails
 * @throws IntegrityError when a package is not the pinned one
 */
export async function fetchPackages(
  folder: string,
  context: { environment: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<void> {
  const packages = [BINDING, PROTOBUF, NODE_API];
  const downloads = join(folder, '.downloads');
  await mkdir(downloads, { recursive: true });
  await runProgram({
    command: 'npm',
    args: [
      'pack',
      ...packages.map(({ name, version }) => `${name}@${version}`),
      ...['--pack-destination', downloads, '--ignore-scripts', '--no-workspaces'],
    ],
    folder,
    ...context,
    hint: 'npm has to reach the registry that `npm ci` has used: see `npm config get registry`.',
  });
  const files = new Map<string, string>();
  for (const name of await readdir(downloads)) {
    const file = join(downloads, name);
    files.set(integrityOf(await readFile(file)), file);
  }
  for (const each of packages) {
    const file = files.get(each.integrity);
    if (file === undefined) {
      throw new IntegrityError(
        `What npm gave as ${each.name} ${each.version} is not the file that Graft knows`,
        {
          hint: 'Look at `npm config get registry`: a mirror may have changed the package.',
        },
      );
    }
    await unpack(file, join(folder, each.name), each.files, context.signal);
  }
  await rm(downloads, { recursive: true });
  const alias = join(folder, '@tensorflow', 'tfjs');
  await mkdir(alias, { recursive: true });
  await writeFile(join(alias, 'index.js'), "module.exports = require('@tensorflow/tfjs-core');\n");
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
