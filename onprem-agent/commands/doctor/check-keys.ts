import { describeError } from '#core/errors.ts';
import { keyIdOf } from '#core/signature.ts';
import type { SigningTrust } from '#core/signing-trust.ts';
import { exposedKeyFile, type KnownKey, knownSigningKey } from '../../model-folder/signing-key.ts';
import type { Findings, Report } from './finding.ts';

/**
 * The signing key, and whether the stack trusts it. No passphrase is asked for.
 *
 * @param trust undefined where the stack was not asked, or does not say
 */
export async function checkKeys(
  { key, environment }: { key: string | undefined; environment: NodeJS.ProcessEnv },
  trust: SigningTrust | undefined,
  findings: Findings,
): Promise<void> {
  const report = findings.of('keys', 'signing key');
  let known: KnownKey | undefined;
  try {
    known = await knownSigningKey(key, environment);
  } catch (error) {
    report('error', describeError(error));
    return;
  }
  if (known === undefined) {
    report(
      'error',
      'there is none, and an unsigned model is refused',
      'Make one with `graft keygen`, and deploy its public key.',
    );
    return;
  }
  const { path, encrypted, publicKey } = known;
  const form = encrypted ? 'encrypted' : 'not encrypted';
  const exposed = await exposedKeyFile(path);
  const text = `${publicKey === undefined ? 'unknown id' : keyIdOf(publicKey)} in ${path} (${form})`;
  if (exposed === undefined) report('ok', text);
  else report('warning', `${text} can be read by others on this machine`, `\`chmod 600 ${path}\``);
  checkTrust(publicKey, trust, findings.of('keys', 'trust'));
}

function checkTrust(publicKey: string | undefined, trust: SigningTrust | undefined, report: Report): void {
  if (publicKey === undefined) {
    report(
      'skipped',
      'the key is encrypted, and its public key is not beside it',
      'Write the public key into the `.pub` file beside it.',
    );
    return;
  }
  if (trust === undefined) {
    report('skipped', 'the stack was not asked which keys it trusts');
    return;
  }
  const id = keyIdOf(publicKey);
  const revoked = trust.revokedKeys.find((each) => each.publicKey === publicKey);
  if (revoked !== undefined) {
    report(
      'error',
      `key ${id} ("${revoked.name}") was revoked on ${revoked.on}`,
      'Make a new key with `graft keygen --force`, and deploy its public key.',
    );
  } else if (!trust.publicKeys.includes(publicKey)) {
    const trusted = trust.publicKeys.map(keyIdOf).join(', ');
    report(
      'error',
      `the stack does not trust key ${id}, but ${trusted === '' ? 'none' : trusted}`,
      `Deploy with this public key among signingPublicKeys (docs/deploy.md): ${publicKey}`,
    );
  } else report('ok', `the stack trusts key ${id}`);
}
