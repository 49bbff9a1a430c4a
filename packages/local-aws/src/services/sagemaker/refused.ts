import { ServiceError } from '../../service.ts';

/**
 * Refuses members that are not emulated and would change the result. Ignoring them would be wrong.
 *
 * @param members dotted paths; `[]` for every item of a list
 */
export function refuseMembers(operation: string, input: object, members: readonly string[]): void {
  for (const member of members) {
    if (isThere(input, member.split('.'))) {
      throw new ServiceError(
        'ValidationException',
        `The local AWS does not emulate ${member} of ${operation}: see docs/fidelity.md of local-aws for what it does.`,
      );
    }
  }
}

function isThere(value: unknown, [step, ...rest]: readonly string[]): boolean {
  if (value === undefined || value === null) return false;
  if (step === undefined) return !(Array.isArray(value) && value.length === 0) && value !== false;
  if (step.endsWith('[]')) {
    const list = (value as Record<string, unknown>)[step.slice(0, -2)];
    return Array.isArray(list) && list.some((item) => isThere(item, rest));
  }
  return isThere((value as Record<string, unknown>)[step], rest);
}
