/** Whose lines are looked for. */
export interface LineOwner {
  execution: string;
  domain: string;
  /** Of the general model; a rollback has none. */
  version?: string | undefined;
}

/** Fields of a line that say who wrote it and for whom: the same in all lines that are shown. */
const ENVELOPE = new Set([
  ...['level', 'message', 'timestamp', 'service', 'sampling_rate', 'xray_trace_id', 'cold_start'],
  ...['function_arn', 'function_memory_size', 'function_name', 'function_request_id'],
  ...['execution', 'domain', 'model', 'version'],
]);

/**
 * A line of a function's log as people read it: `INFO finished`, and what else it says, as JSON. Undefined
 * for a line about another promotion or domain, and for one that is not the functions' own. Lines of what is
 * done once for all domains name no domain, and those of VerifyModel and FinishPromotion no execution.
 *
 * @param message a line of JSON that Powertools' logger wrote
 */
export function lineOf(message: string, owner: LineOwner): string | undefined {
  const line = parsed(message);
  if (line === undefined) return undefined;
  const { execution, domain, version, level, message: text } = line;
  if (execution === undefined ? version !== owner.version : execution !== owner.execution) return undefined;
  if (domain !== undefined && domain !== owner.domain) return undefined;
  const more = Object.entries(line).filter(([name]) => !ENVELOPE.has(name));
  const rest = more.length === 0 ? '' : ` ${JSON.stringify(Object.fromEntries(more))}`;
  return `${String(level)} ${String(text)}${rest}`;
}

function parsed(message: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(message);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
