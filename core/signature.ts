import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { IntegrityError, InvalidInputError } from './errors.ts';

/**
 * A new Ed25519 pair: the private key as PKCS#8 PEM, the public key as base64 of its SPKI DER form (60
 * characters).
 */
export function generateSigningKeys(): { privateKey: string; publicKey: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKey: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
  };
}

/** The public key of a private one, in the form of `generateSigningKeys`. */
export function publicKeyOf(privateKeyPem: string): string {
  return createPublicKey(readPrivateKey(privateKeyPem))
    .export({ type: 'spki', format: 'der' })
    .toString('base64');
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
 * Checks a signature against the public keys that the deployment trusts (several while a key is being
 * replaced).
 *
 * @throws IntegrityError when it was made with none of them
 */
export function verifyBytes(bytes: Uint8Array, signature: string, publicKeys: readonly string[]): void {
  if (publicKeys.length === 0) {
    throw new IntegrityError('No signing key is trusted here, so no model can be verified', {
      hint: 'Run `graft keygen` and deploy with the public key that it prints in signingPublicKeys (stages/<stage>.yml).',
    });
  }
  if (isSignedBy(bytes, signature, publicKeys)) return;
  throw new IntegrityError(
    'manifest.sig was not made with a trusted key for exactly these bytes of manifest.json',
    {
      hint: 'Push the model again with the private key whose public key is deployed (signingPublicKeys in stages/<stage>.yml).',
    },
  );
}

/** Whether one of these keys made the signature for exactly these bytes. */
export function isSignedBy(bytes: Uint8Array, signature: string, publicKeys: readonly string[]): boolean {
  const signatureBytes = Buffer.from(signature.trim(), 'base64');
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
