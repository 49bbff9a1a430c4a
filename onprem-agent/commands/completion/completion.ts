import { agentCommand } from '../../cli/command.ts';
import { UsageError } from '../../cli/errors.ts';
import { bashCompletion } from './bash.ts';
import { fishCompletion } from './fish.ts';
import { completionWords } from './words.ts';
import { zshCompletion } from './zsh.ts';

/** Shells, and what writes the completion for each. */
export const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion };

export const completion = agentCommand({
  args: { shell: { type: 'positional', required: true, description: 'bash, zsh or fish' } },
  examples: [
    'graft completion bash > ~/.local/share/bash-completion/completions/graft',
    'graft completion zsh > ~/.zsh/completions/_graft',
    'graft completion fish > ~/.config/fish/completions/graft.fish',
  ],
  async run({ args, output }) {
    const { shell } = args;
    if (!Object.hasOwn(SHELLS, shell)) {
      throw new UsageError(`The shell is "${shell}": expected one of ${Object.keys(SHELLS).join(', ')}`);
    }
    const script = SHELLS[shell as keyof typeof SHELLS](await completionWords());
    output.result({ command: 'completion', shell, script }, script.trimEnd());
  },
});
