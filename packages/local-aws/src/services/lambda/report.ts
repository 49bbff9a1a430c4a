/** What one invocation used. */
export interface Usage {
  durationMs: number;
  memorySizeMb: number;
  /** Greatest resident size of the process so far; 0 when it ended before it could say. */
  memoryUsedMb: number;
  /** Only for the invocation that started its environment. */
  initMs?: number;
}

/** Lambda bills whole milliseconds, initialisation included (since August 2025). */
export function billedMs({ durationMs, initMs }: Usage): number {
  return Math.max(1, Math.ceil(durationMs + (initMs ?? 0)));
}

export const initLine = () => `INIT_START Runtime Version: node:${process.versions.node} (local)`;

export const startLine = (requestId: string, version: string) =>
  `START RequestId: ${requestId} Version: ${version}`;

export const endLine = (requestId: string) => `END RequestId: ${requestId}`;

/** The line that log tools parse; tabs and trailing tab as AWS prints them. */
export function reportLine(requestId: string, usage: Usage, status?: 'timeout' | 'error'): string {
  const fields = [
    `REPORT RequestId: ${requestId}`,
    `Duration: ${usage.durationMs.toFixed(2)} ms`,
    `Billed Duration: ${billedMs(usage)} ms`,
    `Memory Size: ${usage.memorySizeMb} MB`,
    `Max Memory Used: ${usage.memoryUsedMb} MB`,
  ];
  if (usage.initMs !== undefined) fields.push(`Init Duration: ${usage.initMs.toFixed(2)} ms`);
  if (status !== undefined) fields.push(`Status: ${status}`);
  return `${fields.join('\t')}\t`;
}
