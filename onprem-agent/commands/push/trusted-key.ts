import { IntegrityError } from '#core/errors.ts';
import { isSignedBy, publicKeyOf } from '#core/signature.ts';
import type { Deployment } from '../../aws/deployment.ts';

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
  if (stack?.publicKeys === undefined || isSignedBy(manifest, signature, stack.publicKeys)) return;
  const key =
    privateKey === undefined ? 'The key that signed it' : `The signing key (${publicKeyOf(privateKey)})`;
  const trusted =
    stack.publicKeys.length === 0 ? 'trusts none' : `trusts only ${stack.publicKeys.join(', ')}`;
  throw new IntegrityError(
    `${key} is not trusted by stack "${stack.name}", which ${trusted}: it would refuse the model`,
    {
      hint: 'Push with a key that it trusts (--key), or deploy again with this public key among signingPublicKeys in the settings of the stage (docs/deploy.md). The local AWS trusts the key of `graft keygen` from its next start on, and always .graft/signing-key.pem.',
    },
  );
}
