import { useBackend } from '#model/backend.ts';
import { agentCommand } from '../command.ts';

export const backend = agentCommand({
  name: 'backend',
  description: 'Show what computes here, and why',
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
