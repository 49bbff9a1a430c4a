import * as z from 'zod';
import { IntegrityError } from './errors.ts';
import { isSignedBy, keyIdOf, verifyBytes } from './signature.ts';

/** A public key whose signatures count no longer. */
export interface RevokedKey {
  publicKey: string;
  /** The day, as people write it in the settings: `2026-11-28`. */
  on: string;
  /** Whose key it was. */
  name: string;
}

/** Which signatures a deployment accepts. A key that is in both lists is revoked. */
export interface SigningTrust {
  publicKeys: readonly string[];
  revokedKeys: readonly RevokedKey[];
}

export const revokedKeyNameSchema = z
  .string()
  .regex(/^[\w.@-][\w .@-]{0,63}$/, 'expected up to 64 letters, digits, spaces and . _ @ -');

const lineSchema = z.tuple([z.string().min(1), z.iso.date(), revokedKeyNameSchema]);

/** As one line of text, for a variable and for the output of the stack. */
export const revokedKeysText = (keys: readonly RevokedKey[]): string =>
  keys.map(({ publicKey, on, name }) => `${publicKey} ${on} ${name}`).join(',');

/** What `revokedKeysText` has written. */
export const revokedKeysSchema = z.string().transform((text, context): RevokedKey[] =>
  text
    .split(',')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [publicKey, on, ...name] = line.trim().split(' ');
      const parsed = lineSchema.safeParse([publicKey, on, name.join(' ')]);
      if (parsed.success) return { publicKey: parsed.data[0], on: parsed.data[1], name: parsed.data[2] };
      context.addIssue({ code: 'custom', message: `"${line}" is no public key, day and name` });
      return z.NEVER;
    }),
);

/** @example `key 3f2a9c0d11b2e7f4 ("gpu-3"), which was revoked on 2026-11-28` */
export const describeRevoked = ({ publicKey, on, name }: RevokedKey): string =>
  `key ${keyIdOf(publicKey)} ("${name}"), which was revoked on ${on}`;

/** @returns the revoked key that made the signature for exactly these bytes */
export function revokedSigner(
  bytes: Uint8Array,
  signature: string,
  { revokedKeys }: SigningTrust,
): RevokedKey | undefined {
  return revokedKeys.find(({ publicKey }) => isSignedBy(bytes, signature, [publicKey]));
}

/** Whether a key that is trusted and not revoked made the signature for exactly these bytes. */
export function isTrusted(bytes: Uint8Array, signature: string, trust: SigningTrust): boolean {
  return (
    isSignedBy(bytes, signature, trust.publicKeys) && revokedSigner(bytes, signature, trust) === undefined
  );
}

/**
 * Checks a signature against the keys that the deployment trusts (several while a key is being replaced).
 * Only cryptography decides: the key id that stands in the signature's file is not looked at.
 *
 * @throws IntegrityError when it was made with none of them, or with a revoked one
 */
export function verifyTrusted(bytes: Uint8Array, signature: string, trust: SigningTrust): void {
  const revoked = revokedSigner(bytes, signature, trust);
  if (revoked !== undefined) {
    throw new IntegrityError(`The model is signed with ${describeRevoked(revoked)}`, {
      hint: 'If the model can still be trusted, push it again with a key that is (`graft push --key`): its signature is replaced.',
    });
  }
  verifyBytes(bytes, signature, trust.publicKeys);
}
