import { chmod, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { InvalidInputError, NotFoundError } from '#core/errors.ts';
import { readRegularFile } from '#core/regular-file.ts';
import { decryptPrivateKey, generateSigningKeys, isEncrypted, publicKeyOf } from '#core/signature.ts';
import type { Io } from '../cli/io.ts';
import type { Output } from '../cli/output.ts';
import { readPassphrase } from './passphrase.ts';

/** Bytes; a hundred times the size of an Ed25519 key in PEM form. */
const MAXIMUM_BYTES = 12_000;

/** Folder of what a person sets up once: the key, and settings of all projects. */
export function configurationFolder(environment: NodeJS.ProcessEnv): string {
  const configuration = environment.XDG_CONFIG_HOME || join(environment.HOME || homedir(), '.config');
  return join(configuration, 'graft');
}

/** Default path of the private key. */
export function defaultKeyFile(environment: NodeJS.ProcessEnv): string {
  return join(configurationFolder(environment), 'signing-key.pem');
}

/** Where the public key lies beside the private one, to be read without its passphrase. */
const publicKeyFile = (path: string) => `${path}.pub`;

/** Options that name the private key. */
interface KeyOptions {
  key?: string | undefined;
  'passphrase-file'?: string | undefined;
}

/**
 * Reads and checks the private key. An encrypted one is opened with the passphrase from a file or a person;
 * one that others can read is warned about.
 *
 * @returns as PEM, without a passphrase; undefined if no file was named and the default one is missing
 */
export async function openSigningKey(
  options: KeyOptions,
  { io, output }: { io: Io; output: Output },
): Promise<string | undefined> {
  const path = options.key ?? defaultKeyFile(io.environment);
  const pem = await readPem(path, options.key !== undefined);
  if (pem === undefined) return undefined;
  const exposed = await exposedKeyFile(path);
  if (exposed !== undefined) output.warn({}, exposedKeyWarning(exposed));
  if (!isEncrypted(pem)) return checked(pem, path);
  const passphrase = await readPassphrase(`"${path}"`, options['passphrase-file'], io);
  return checked(decryptPrivateKey(pem, passphrase), path);
}

/** What is known of a private key without its passphrase. */
export interface KnownKey {
  path: string;
  encrypted: boolean;
  /** Undefined where it is encrypted and no public key lies beside it. */
  publicKey: string | undefined;
}

/**
 * Which key signs here, without asking for its passphrase: the public key of an encrypted one is the content
 * of the file beside it.
 *
 * @param asked the option's value; a missing file is an error only if it was named
 * @returns undefined if no file was named and the default one is missing
 */
export async function knownSigningKey(
  asked: string | undefined,
  environment: NodeJS.ProcessEnv,
): Promise<KnownKey | undefined> {
  const path = asked ?? defaultKeyFile(environment);
  const pem = await readPem(path, asked !== undefined);
  if (pem === undefined) return undefined;
  if (!isEncrypted(pem)) return { path, encrypted: false, publicKey: publicKeyOf(checked(pem, path)) };
  const text = await readRegularFile(publicKeyFile(path), MAXIMUM_BYTES).then(
    (bytes) => bytes.toString('utf8').trim(),
    () => undefined,
  );
  return { path, encrypted: true, publicKey: text };
}

async function readPem(path: string, isNamed: boolean): Promise<string | undefined> {
  try {
    return (await readRegularFile(path, MAXIMUM_BYTES)).toString('utf8');
  } catch (cause) {
    if (!isNamed && (cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new NotFoundError(`The signing key "${path}" cannot be read`, {
      cause,
      hint: 'Make one with `graft keygen`, or name its file with --key.',
    });
  }
}

function checked(pem: string, path: string): string {
  try {
    publicKeyOf(pem);
  } catch (cause) {
    throw new InvalidInputError(
      `"${path}" is not a signing key: an Ed25519 private key in PEM form is expected`,
      {
        cause,
        hint: 'Make one with `graft keygen`.',
      },
    );
  }
  return pem;
}

/**
 * Whether other users of this machine may read a private key: they could then sign models. Not checked on
 * Windows, whose files have no such mode.
 *
 * @returns the file, or undefined if it is safe or missing
 */
export async function exposedKeyFile(path: string): Promise<string | undefined> {
  if (process.platform === 'win32') return undefined;
  const mode = await stat(path).then(
    (found) => found.mode,
    () => 0,
  );
  return (mode & 0o077) === 0 ? undefined : path;
}

/** The warning about the file of `exposedKeyFile`. */
export const exposedKeyWarning = (path: string) =>
  `the signing key "${path}" can be read by others on this machine, who could sign models with it: \`chmod 600 ${path}\``;

/**
 * Makes a key pair, writes the private key so that only its owner can read it, and the public key beside it.
 *
 * @param options `force`: an existing file may be replaced; the deployment that trusts the old key then
 *   refuses new models. `passphrase`: encrypts the private key.
 * @returns the public key, to be deployed
 */
export async function writeNewKey(
  path: string,
  { force = false, passphrase }: { force?: boolean; passphrase?: string | undefined } = {},
): Promise<string> {
  const { privateKey, publicKey } = generateSigningKeys(passphrase);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  if (force) await replaceFile(path, privateKey, 0o600);
  else {
    // "wx" creates or fails: two runs at the same time never overwrite each other.
    await writeFile(path, privateKey, { mode: 0o600, flag: 'wx' }).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'EEXIST') throw cause;
      throw new InvalidInputError(`"${path}" is there already`, {
        cause,
        hint: 'Keep it, choose another file with --out, or replace it with --force (models signed with it before stay valid only while its public key is deployed).',
      });
    });
  }
  await replaceFile(publicKeyFile(path), `${publicKey}\n`, 0o644);
  return publicKey;
}

async function replaceFile(path: string, content: string, mode: number): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, content, { mode, flag: 'wx' });
    await chmod(temporary, mode);
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}
