import type { Diagnostic } from './diagnostic.ts';

/** Names that `Assign` sets, with where: in a state, its catchers and its choices. */
export function assignments(
  state: Record<string, unknown>,
  location: string,
): { name: string; location: string }[] {
  const found = namesIn(state, location);
  for (const field of ['Catch', 'Choices']) {
    const rules = Array.isArray(state[field]) ? (state[field] as Record<string, unknown>[]) : [];
    for (const [position, rule] of rules.entries())
      found.push(...namesIn(rule, `${location}/${field}[${position}]`));
  }
  return found;
}

function namesIn(holder: Record<string, unknown>, location: string) {
  const assign = holder?.Assign;
  if (assign === null || typeof assign !== 'object') return [];
  return Object.keys(assign).map((name) => ({ name, location: `${location}/Assign/${name}` }));
}

/** Unicode identifiers, at most 80 characters, and not `states`, which is Step Functions' own. */
export function checkVariableName(name: string, location: string): Diagnostic | undefined {
  const code = 'SCHEMA_VALIDATION_FAILED';
  if (name === 'states') return { code, message: 'the variable name "states" is reserved', location };
  if (name.length <= 80 && /^[\p{ID_Start}_][\p{ID_Continue}]*$/u.test(name)) return undefined;
  return {
    code,
    message: `"${name}" is not a variable name: letters, digits and _, at most 80 of them`,
    location,
  };
}
