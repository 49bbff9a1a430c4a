import { useBackend } from '#model/backend.ts';
import { agentCommand } from '../command.ts';

export const backend = agentCommand({
  args: {},
  examples: ['graft backend', 'graft backend --json'],
  async run({ output }) {
    const info = await useBackend();
    const lines = [
      `backend  ${info.name} ${info.version}`,
      `device   ${info.device}`,
      `because  ${info.reason}`,
      ...(info.hint === undefined ? [] : [`hint     ${info.hint}`]),
    ];
    output.result({ command: 'backend', ...info }, lines.join('\n'));
  },
});
