import { type BackendSource, backendSources, useBackend } from '#model/tensorflow/backend.ts';
import { agentCommand } from '../../cli/command.ts';

export const backend = agentCommand({
  args: {},
  examples: ['graft backend', 'graft backend --json'],
  async run({ output }) {
    const info = await useBackend();
    const sources = backendSources();
    const lines = [
      `backend  ${info.name} ${info.version}`,
      `device   ${info.device}`,
      `because  ${info.reason}`,
      ...(info.hint === undefined ? [] : [`hint     ${info.hint}`]),
      '',
      ...table(sources),
    ];
    output.result({ command: 'backend', ...info, sources }, lines.join('\n'));
  },
});

function table(sources: readonly BackendSource[]): string[] {
  const rows = [
    ['from', 'version', 'state', ''],
    ...sources.map(({ source, version = '–', state, reason = '' }) => [source, version, state, reason]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
