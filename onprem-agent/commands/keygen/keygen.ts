import { agentCommand } from '../../cli/command.ts';
import { defaultKeyFile, writeNewKey } from '../../model-folder/signing-key.ts';

export const keygen = agentCommand({
  args: {
    out: {
      type: 'string',
      valueHint: 'FILE',
      description: 'Where the private key goes (Default: ~/.config/graft/signing-key.pem)',
    },
    force: { type: 'boolean', description: 'Replace a key that is there already' },
  },
  examples: [
    'graft keygen',
    'graft keygen --out keys/graft.pem',
    'graft keygen --json | tail -1 | jq -r .publicKey',
  ],
  async run({ args, io, output }) {
    const file = args.out ?? defaultKeyFile(io.environment);
    const publicKey = await writeNewKey(file, args.force === true);
    output.note(
      'written',
      { file },
      `The private key is in ${file}, readable only by you: keep it, and keep it secret.\nThe public key, for signingPublicKeys in the settings of the stage (stages/<stage>.yml):`,
    );
    output.result({ command: 'keygen', file, publicKey }, publicKey);
  },
});
