import type { Json } from './json.ts';
import { checkSize } from './jsonata.ts';
import { type Visit, visibleTo } from './scope.ts';

/** How a state was left. */
export interface Exit {
  readonly output: Json;
  readonly assigned?: Record<string, Json>;
  /** Undefined ends the workflow. */
  readonly next: string | undefined;
}

/**
 * `Output` and `Assign`, of a state, a catcher or a choice. Both see the variables as they were before.
 *
 * @param otherwise the output where there is no `Output`
 * @param options what the expressions see beside the state's input (`result`, `errorOutput`), and the prefix
 *   of the field in messages, for instance `Catch[0]/`
 */
export async function evaluateExit(
  visit: Visit,
  rule: { Output?: Json | undefined; Assign?: Record<string, Json> | undefined; Next?: string | undefined },
  otherwise: Json,
  { visible: more = {}, location = '' }: { visible?: Record<string, unknown>; location?: string } = {},
): Promise<Exit> {
  const { evaluator } = visit.scope.run;
  const visible = visibleTo(visit, more);
  const place = { name: visit.name, enteredId: visit.enteredId };
  const assigned =
    rule.Assign &&
    ((await evaluator.evaluate(rule.Assign, visible, place, `${location}Assign`)) as Record<string, Json>);
  if (rule.Output === undefined) checkSize(otherwise, visit.name);
  const output =
    rule.Output === undefined
      ? otherwise
      : await evaluator.evaluate(rule.Output, visible, place, `${location}Output`);
  return { output, next: rule.Next, ...(assigned ? { assigned } : {}) };
}
