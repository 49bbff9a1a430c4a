import { IntegrityError } from '#core/errors.ts';
import { claimedKeyId, keyIdOf, publicKeyOf } from '#core/signature.ts';
import { describeRevoked, isTrusted, revokedSigner } from '#core/signing-trust.ts';
import type { Deployment } from '../aws/deployment.ts';

/**
 * Refuses a model whose signature the deployment would refuse. If the deployment does not say which keys it
 * trusts, nothing is refused.
 *
 * @throws IntegrityError
 */
export function requireTrusted(
  manifest: Uint8Array,
  signature: string,
  { stack }: Deployment,
  privateKey: string | undefined,
): void {
  const trust = stack?.trust;
  if (trust === undefined || isTrusted(manifest, signature, trust)) return;
  const revoked = revokedSigner(manifest, signature, trust);
  if (revoked !== undefined) {
    throw new IntegrityError(
      `The model is signed with ${describeRevoked(revoked)}: stack "${stack!.name}" would refuse it`,
      {
        hint: 'Push with a key that the stack trusts (--key); `graft keygen` makes a new one (docs/agent.md).',
      },
    );
  }
  const publicKey = privateKey === undefined ? undefined : publicKeyOf(privateKey);
  const claimed = claimedKeyId(signature);
  const key =
    publicKey !== undefined
      ? `The signing key ${keyIdOf(publicKey)} (${publicKey})`
      : `The key that signed it${claimed === undefined ? '' : ` (${claimed}, as manifest.sig says)`}`;
  const trusted = trust.publicKeys.map((each) => `${keyIdOf(each)} (${each})`).join(', ');
  throw new IntegrityError(
    `${key} is not trusted by stack "${stack!.name}", which trusts ${trusted === '' ? 'none' : `only ${trusted}`}: it would refuse the model`,
    {
      hint: 'Push with a key that it trusts (--key), or deploy again with this public key among signingPublicKeys in the settings of the stage (docs/deploy.md). The local AWS trusts the key of `graft keygen` from its next start on, and always .graft/signing-key.pem.',
    },
  );
}
