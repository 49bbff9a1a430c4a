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
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { NotFoundError } from '../../errors.ts';
import type { ServiceError, World } from '../../service.ts';
import { Collection } from '../../store/collection.ts';
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

/** What a function's code was the last time: its object in S3 may be gone by now. */
interface KeptCode {
  source: string;
  digest: string;
  size: number;
}

/** Unpacked code of all functions, by the digest of its archive. */
export interface CodeStore {
  /**
   * @param folder of archives on this machine, where the packaged template comes from: `Code.S3Key` is looked
   *   up there by its last segment (`serverless/shop/dev/…/predict.zip` is `<folder>/predict.zip`). Without
   *   one the code is read from S3, once for a bucket, key and version: as in Lambda, what becomes of the
   *   object later does not matter
   */
  open(functionName: string, code: FunctionProperties['Code'], folder?: string): Promise<Code>;
  forget(functionName: string): void;
  /** Removes the code of archives that no function has any more. */
  removeUnused(): void;
}

/** @param folder below the service's state folder */
export function createCodeStore(world: World, folder: string): CodeStore {
  const unpacked = join(folder, 'unpacked');
  mkdirSync(unpacked, { recursive: true });
  linkRuntimePackages(folder);
  const kept = new Collection<KeptCode>(join(folder, 'code'));
  const rootOf = (digest: string) => join(unpacked, digest);

  function keep(functionName: string, source: string, archive: Uint8Array, files: () => ZipEntry[]): Code {
    const digest = createHash('sha256').update(archive).digest('hex');
    if (!existsSync(rootOf(digest))) write(files(), rootOf(digest));
    const record = { source, digest, size: archive.length };
    kept.put(functionName, record);
    return codeOf(record);
  }

  const codeOf = ({ digest, size }: KeptCode): Code => ({
    root: rootOf(digest),
    sha256: Buffer.from(digest, 'hex').toString('base64'),
    size,
  });

  return {
    async open(functionName, code, artifacts) {
      if ('ZipFile' in code) {
        const content = Buffer.from(code.ZipFile);
        return keep(functionName, 'inline', content, () => [{ path: 'index.js', content }]);
      }
      const name = code.S3Key.slice(code.S3Key.lastIndexOf('/') + 1);
      if (artifacts !== undefined) {
        const path = resolve(artifacts, name);
        const archive = readArtifact(functionName, path);
        return keep(functionName, path, archive, () => readZip(archive, name));
      }
      const source = `s3://${code.S3Bucket}/${code.S3Key}?${code.S3ObjectVersion ?? ''}`;
      const known = kept.get(functionName);
      if (known?.source === source && existsSync(rootOf(known.digest))) return codeOf(known);
      const archive = await readObject(world, code);
      return keep(functionName, source, archive, () => readZip(archive, name));
    },
    forget: (functionName) => void kept.delete(functionName),
    removeUnused() {
      const used = new Set(kept.list().map(({ value }) => value.digest));
      for (const name of readdirSync(unpacked)) {
        if (!used.has(name)) rmSync(join(unpacked, name), { recursive: true, force: true });
      }
    },
  };
}

async function readObject(
  world: World,
  {
    S3Bucket,
    S3Key,
    S3ObjectVersion,
  }: { S3Bucket: string; S3Key: string; S3ObjectVersion?: string | undefined },
): Promise<Buffer> {
  try {
    const { Body } = (await world.call('s3', 'GetObject', {
      Bucket: S3Bucket,
      Key: S3Key,
      ...(S3ObjectVersion === undefined ? {} : { VersionId: S3ObjectVersion }),
    })) as { Body: Readable };
    return await buffer(Body);
  } catch (cause) {
    const { code, message } = cause as ServiceError;
    throw new NotFoundError(
      `Error occurred while GetObject. S3 Error Code: ${code}. S3 Error Message: ${message} (s3://${S3Bucket}/${S3Key})`,
      { cause },
    );
  }
}

function readArtifact(functionName: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new NotFoundError(`The code of function "${functionName}" is not at ${path}`, {
      cause,
      hint: 'Build it with `npm run package`.',
    });
  }
}

/** Writes to a temporary place and renames it, so that a kill leaves no incomplete code. */
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
 * Lambda's Node runtimes contain the AWS SDK, so packagers leave it out. A link beside the code makes the
 * SDK, and no other package of this repository, available.
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
