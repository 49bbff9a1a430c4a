import { keyIdOf } from '#core/signature.ts';
import { agentCommand } from '../../cli/command.ts';
import { newPassphrase, passphraseArgs } from '../../model-folder/passphrase.ts';
import { defaultKeyFile, writeNewKey } from '../../model-folder/signing-key.ts';

export const keygen = agentCommand({
  args: {
    out: {
      type: 'string',
      valueHint: 'FILE',
      description: 'Where the private key goes (Default: ~/.config/graft/signing-key.pem)',
    },
    encrypt: { type: 'boolean', description: 'Ask for a passphrase that the private key is encrypted with' },
    'passphrase-file': {
      ...passphraseArgs['passphrase-file'],
      description: 'Encrypt it with the passphrase in the first line of this file, instead of asking',
    },
    force: { type: 'boolean', description: 'Replace a key that is there already' },
  },
  examples: [
    'graft keygen',
    'graft keygen --encrypt --out keys/graft.pem',
    'graft keygen --json | tail -1 | jq -r .publicKey',
  ],
  async run({ args, io, output }) {
    const file = args.out ?? defaultKeyFile(io.environment);
    const passphraseFile = args['passphrase-file'];
    const encrypted = args.encrypt === true || passphraseFile !== undefined;
    const passphrase = encrypted ? await newPassphrase(passphraseFile, io) : undefined;
    const publicKey = await writeNewKey(file, { force: args.force === true, passphrase });
    const keyId = keyIdOf(publicKey);
    const how = encrypted ? 'encrypted with the passphrase, and' : 'not encrypted, but';
    output.note(
      'written',
      { file, keyId },
      `The private key is in ${file}, ${how} readable only by you: keep it, and keep it secret. Its id is ${keyId}.\nThe public key, for signingPublicKeys in the settings of the stage (stages/<stage>.yml):`,
    );
    output.result({ command: 'keygen', file, publicKey, keyId, encrypted }, publicKey);
  },
});
