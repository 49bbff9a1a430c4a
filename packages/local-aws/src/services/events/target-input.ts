import { byPath } from './json-path.ts';
import type { Target } from './rules.ts';

/** An event as targets receive it. */
export interface BridgeEvent {
  version: '0';
  id: string;
  'detail-type': string;
  source: string;
  account: string;
  time: string;
  region: string;
  resources: string[];
  detail: Record<string, unknown>;
}

/** What a target is sent: the event, a part of it, a constant, or a text made from parts of it. */
export function targetInput(
  target: Target,
  event: BridgeEvent,
  rule: { name: string; arn: string },
  ingestedAt: number,
): string {
  if (target.Input !== undefined) return target.Input;
  if (target.InputPath !== undefined) return JSON.stringify(byPath(event, target.InputPath) ?? {});
  if (target.InputTransformer === undefined) return JSON.stringify(event);
  const { InputPathsMap, InputTemplate } = target.InputTransformer;
  const values: Record<string, unknown> = {
    'aws.events.rule-arn': rule.arn,
    'aws.events.rule-name': rule.name,
    'aws.events.event.ingestion-time': new Date(ingestedAt).toISOString(),
    'aws.events.event': Object.fromEntries(Object.entries(event).filter(([name]) => name !== 'detail')),
    'aws.events.event.json': event,
  };
  for (const [name, path] of Object.entries(InputPathsMap)) values[name] = byPath(event, path);
  return fill(InputTemplate, values);
}

/**
 * Replaces `<name>`: by JSON where it stands alone, by text within quotes, by empty text where there is no
 * value.
 */
function fill(template: string, values: Record<string, unknown>): string {
  let quoted = false;
  return template.replace(/\\.|"|<([A-Za-z0-9_.-]+)>/gs, (found, name: string | undefined) => {
    if (found === '"') quoted = !quoted;
    if (name === undefined || !(name in values)) return found;
    const value = values[name] ?? '';
    if (!quoted) return JSON.stringify(value);
    return JSON.stringify(typeof value === 'string' ? value : JSON.stringify(value)).slice(1, -1);
  });
}
