import type { Diagnostic } from './diagnostic.ts';

type Raw = Record<string, unknown>;

/** Every state name that a state can lead to, with the field that says so. */
function targets(state: Raw, location: string): { name: string; location: string }[] {
  const found: { name: string; location: string }[] = [];
  for (const field of ['Next', 'Default']) {
    if (typeof state[field] === 'string')
      found.push({ name: state[field], location: `${location}/${field}` });
  }
  for (const field of ['Catch', 'Choices']) {
    const rules = Array.isArray(state[field]) ? (state[field] as Raw[]) : [];
    for (const [position, rule] of rules.entries()) {
      if (typeof rule?.Next === 'string') {
        found.push({ name: rule.Next, location: `${location}/${field}[${position}]/Next` });
      }
    }
  }
  return found;
}

/** Every transition leads to a state of the same workflow, and every state can be reached. */
export function checkGraph(workflow: Raw, location: string, report: (found: Diagnostic) => void): void {
  const states = workflow.States as Record<string, Raw>;
  const code = 'MISSING_TRANSITION_TARGET';
  const startAt = String(workflow.StartAt);
  if (!(startAt in states)) {
    report({ code, message: `Missing 'StartAt' target: ${startAt}`, location: `${location}/StartAt` });
    return;
  }
  const reached = new Set<string>([startAt]);
  const queue = [startAt];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    for (const target of targets(states[name] as Raw, `${location}/States/${name}`)) {
      if (!(target.name in states)) {
        const field = target.location.slice(target.location.lastIndexOf('/') + 1);
        report({ code, message: `Missing '${field}' target: ${target.name}`, location: target.location });
      } else if (!reached.has(target.name)) {
        reached.add(target.name);
        queue.push(target.name);
      }
    }
  }
  for (const name of Object.keys(states)) {
    if (!reached.has(name)) {
      report({ code, message: `State "${name}" is not reachable.`, location: `${location}/States/${name}` });
    }
  }
}
