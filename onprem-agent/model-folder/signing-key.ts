import { chmod, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { InvalidInputError, NotFoundError } from '#core/errors.ts';
import { readRegularFile } from '#core/regular-file.ts';
import { generateSigningKeys, publicKeyOf } from '#core/signature.ts';

/** Bytes; a hundred times the size of an Ed25519 key in PEM form. */
const MAXIMUM_BYTES = 12_000;

/** Default path of the private key. */
export function defaultKeyFile(environment: NodeJS.ProcessEnv): string {
  const configuration = environment.XDG_CONFIG_HOME || join(environment.HOME || homedir(), '.config');
  return join(configuration, 'graft', 'signing-key.pem');
}

/**
 * Reads and checks a private key in PEM form.
 *
 * @param asked the option's value; a missing file is an error only if it was named
 * @returns undefined if no file was named and the default one is missing
 */
export async function readSigningKey(
  asked: string | undefined,
  environment: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  const path = asked ?? defaultKeyFile(environment);
  let pem: string;
  try {
    pem = (await readRegularFile(path, MAXIMUM_BYTES)).toString('utf8');
  } catch (cause) {
    if (asked === undefined && (cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new NotFoundError(`The signing key "${path}" cannot be read`, {
      cause,
      hint: 'Make one with `graft keygen`, or name its file with --key.',
    });
  }
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
export async function exposedKeyFile(
  asked: string | undefined,
  environment: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  if (process.platform === 'win32') return undefined;
  const path = asked ?? defaultKeyFile(environment);
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
 * Makes a key pair and writes the private key so that only its owner can read it.
 *
 * @param force an existing file may be replaced; the deployment that trusts the old key then refuses new
 *   models
 * @returns the public key, to be deployed
 */
export async function writeNewKey(path: string, force: boolean): Promise<string> {
  const { privateKey, publicKey } = generateSigningKeys();
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  if (!force) {
    // "wx" creates or fails: two runs at the same time never overwrite each other.
    await writeFile(path, privateKey, { mode: 0o600, flag: 'wx' }).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'EEXIST') throw cause;
      throw new InvalidInputError(`"${path}" is there already`, {
        cause,
        hint: 'Keep it, choose another file with --out, or replace it with --force (models signed with it before stay valid only while its public key is deployed).',
      });
    });
    return publicKey;
  }
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, privateKey, { mode: 0o600, flag: 'wx' });
    await chmod(temporary, 0o600);
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
  return publicKey;
}
