import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
} from 'node:crypto';
import { IntegrityError, InvalidInputError } from './errors.ts';

/**
 * A new Ed25519 pair: the private key as PKCS#8 PEM, the public key as base64 of its SPKI DER form (60
 * characters).
 *
 * @param passphrase encrypts the private key, in the form that `openssl pkcs8` reads and writes
 */
export function generateSigningKeys(passphrase?: string): { privateKey: string; publicKey: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const encryption = passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase };
  return {
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem', ...encryption }).toString(),
    publicKey: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
  };
}

/** Whether a private key in PEM form needs a passphrase. */
export const isEncrypted = (pem: string): boolean => pem.includes('-----BEGIN ENCRYPTED PRIVATE KEY-----');

/**
 * Takes the passphrase off a private key.
 *
 * @returns PKCS#8 PEM
 * @throws InvalidInputError when it is another passphrase, or no key at all
 */
export function decryptPrivateKey(pem: string, passphrase: string): string {
  try {
    return createPrivateKey({ key: pem, passphrase }).export({ type: 'pkcs8', format: 'pem' }).toString();
  } catch (cause) {
    throw new InvalidInputError('The passphrase does not open the signing key', {
      cause,
      hint: 'It is the one that `graft keygen` was given. A key whose passphrase is lost is replaced by a new one (docs/agent.md).',
    });
  }
}

/** The public key of a private one, in the form of `generateSigningKeys`. */
export function publicKeyOf(privateKeyPem: string): string {
  return createPublicKey(readPrivateKey(privateKeyPem))
    .export({ type: 'spki', format: 'der' })
    .toString('base64');
}

/** Short name of a public key: the first 16 hexadecimal digits of the SHA-256 of its SPKI DER form. */
export function keyIdOf(publicKey: string): string {
  return createHash('sha256').update(Buffer.from(publicKey, 'base64')).digest('hex').slice(0, 16);
}

/** Public keys in the form of `generateSigningKeys`, from a comma-separated list. */
export function publicKeysOf(list: string): string[] {
  return list
    .split(',')
    .map((key) => key.trim())
    .filter((key) => key !== '');
}

/** Base64 of the Ed25519 signature over `bytes`. */
export function signBytes(bytes: Uint8Array, privateKeyPem: string): string {
  return sign(null, bytes, readPrivateKey(privateKeyPem)).toString('base64');
}

/**
 * Content of `manifest.sig`: the signature of `signBytes` in the first line, and in the second one the id of
 * the key for people to read. Who verifies does not believe the second line.
 */
export function signatureFile(bytes: Uint8Array, privateKeyPem: string): string {
  return `${signBytes(bytes, privateKeyPem)}\nkey ${keyIdOf(publicKeyOf(privateKeyPem))}\n`;
}

/** The signature itself, from the content of `manifest.sig`. Earlier agents wrote nothing else into it. */
export const signatureIn = (text: string): string => text.trim().split('\n', 1)[0]!.trim();

/** @returns the key id that the content of `manifest.sig` claims; anybody may have written it */
export function claimedKeyId(text: string): string | undefined {
  return /^key ([0-9a-f]{16})$/m.exec(text)?.[1];
}

/**
 * Checks a signature against the public keys that the deployment trusts (several while a key is being
 * replaced).
 *
 * @param signature content of `manifest.sig`, or the signature alone
 * @throws IntegrityError when it was made with none of them
 */
export function verifyBytes(bytes: Uint8Array, signature: string, publicKeys: readonly string[]): void {
  if (publicKeys.length === 0) {
    throw new IntegrityError('No signing key is trusted here, so no model can be verified', {
      hint: 'Run `graft keygen` and deploy with the public key that it prints in signingPublicKeys (stages/<stage>.yml).',
    });
  }
  if (isSignedBy(bytes, signature, publicKeys)) return;
  const claimed = claimedKeyId(signature);
  const trusted = publicKeys.map(keyIdOf).join(', ');
  throw new IntegrityError(
    `manifest.sig was not made with a trusted key (${trusted}) for exactly these bytes of manifest.json${claimed === undefined ? '' : `; it says that it is of key ${claimed}`}`,
    {
      hint: 'Push the model again with the private key whose public key is deployed (signingPublicKeys in stages/<stage>.yml).',
    },
  );
}

/** Whether one of these keys made the signature for exactly these bytes. */
export function isSignedBy(bytes: Uint8Array, signature: string, publicKeys: readonly string[]): boolean {
  const signatureBytes = Buffer.from(signatureIn(signature), 'base64');
  return publicKeys.some((key) => verify(null, bytes, readPublicKey(key), signatureBytes));
}

function readPrivateKey(pem: string) {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType !== 'ed25519') throw new Error(`it is ${key.asymmetricKeyType}`);
    return key;
  } catch (cause) {
    throw new InvalidInputError('The signing key is not an Ed25519 private key in PEM form', {
      cause,
      hint: 'Make one with `graft keygen`.',
    });
  }
}

function readPublicKey(base64: string) {
  try {
    return createPublicKey({ key: Buffer.from(base64, 'base64'), format: 'der', type: 'spki' });
  } catch (cause) {
    throw new InvalidInputError(`"${base64}" is not an Ed25519 public key`, {
      cause,
      hint: 'Use the public key as `graft keygen` prints it.',
    });
  }
}
