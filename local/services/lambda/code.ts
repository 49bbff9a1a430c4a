import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { NotFoundError } from '#core/errors.ts';
import type { FunctionProperties } from './function-properties.ts';
import { readZip, type ZipEntry } from './zip.ts';

/** A function's code, unpacked. */
export interface Code {
  /** Absolute folder: `LAMBDA_TASK_ROOT`. */
  root: string;
  /** SHA-256 of the archive, base64, as `GetFunction` shows it. */
  sha256: string;
  /** Bytes of the archive. */
  size: number;
}

/** Unpacked code of all functions, by the digest of its archive. */
export interface CodeStore {
  open(functionName: string, code: FunctionProperties['Code']): Code;
  /** Removes the code of archives that no function has any more. */
  removeUnused(): void;
}

/**
 * @param folder below the service's state folder
 * @param artefacts where the packaged template and its archives are: `Code.S3Key` is looked up there by its last
 *   segment (`serverless/graft/dev/…/predict.zip` is `<artefacts>/predict.zip`), because the packaging names a place
 *   in a deployment bucket that only a real deployment fills
 */
export function createCodeStore(folder: string, artefacts: string): CodeStore {
  const unpacked = join(folder, 'unpacked');
  mkdirSync(unpacked, { recursive: true });
  linkRuntimePackages(folder);
  const used = new Set<string>();
  return {
    open(functionName, code) {
      let archive: Buffer;
      let files: () => ZipEntry[];
      if ('ZipFile' in code) {
        archive = Buffer.from(code.ZipFile);
        files = () => [{ path: 'index.js', content: archive }];
      } else {
        const name = code.S3Key.slice(code.S3Key.lastIndexOf('/') + 1);
        archive = readArtefact(functionName, resolve(artefacts, name));
        files = () => readZip(archive, name);
      }
      const digest = createHash('sha256').update(archive).digest();
      const hex = digest.toString('hex');
      used.add(hex);
      const root = join(unpacked, hex);
      if (!existsSync(root)) write(files(), root);
      return { root, sha256: digest.toString('base64'), size: archive.length };
    },
    removeUnused() {
      for (const name of readdirSync(unpacked)) {
        if (!used.has(name)) rmSync(join(unpacked, name), { recursive: true, force: true });
      }
    },
  };
}

function readArtefact(functionName: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new NotFoundError(`The code of function "${functionName}" is not at ${path}`, {
      cause,
      hint: 'Build it with `npm run package`.',
    });
  }
}

/** Writes beside the final place and renames, so that a kill leaves no half-unpacked code that looks whole. */
function write(files: ZipEntry[], root: string): void {
  const unfinished = `${root}.${randomBytes(4).toString('hex')}`;
  for (const { path, content } of files) {
    const target = join(unfinished, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, content);
  }
  mkdirSync(unfinished, { recursive: true });
  renameSync(unfinished, root);
}

/**
 * Lambda's Node runtimes bring the AWS SDK along, so packagers leave it out: a link beside the code lets it be found,
 * and nothing else of ours.
 */
function linkRuntimePackages(folder: string): void {
  const require = createRequire(import.meta.url);
  const packages = join(folder, 'node_modules');
  mkdirSync(packages, { recursive: true });
  for (const [scope, member] of [
    ['@aws-sdk', '@aws-sdk/client-lambda'],
    ['@smithy', '@smithy/core'],
  ] as const) {
    const link = join(packages, scope);
    const main = require.resolve(member);
    const target =
      main.slice(0, main.lastIndexOf(join('node_modules', member)) + 'node_modules/'.length) + scope;
    rmSync(link, { force: true, recursive: false });
    symlinkSync(target, link, 'dir');
  }
}
