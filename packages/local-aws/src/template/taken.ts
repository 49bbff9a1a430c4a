import { InvalidInputError } from '../errors.ts';
import type { StackContext } from '../service.ts';

/** Refuses a new resource whose name is taken: it does not belong to the stack. */
export function refuseTaken(stack: StackContext, type: string, name: string, taken: boolean): void {
  if (!stack.isNew || !taken) return;
  throw new InvalidInputError(`Resource of type '${type}' with identifier '${name}' already exists.`, {
    hint: 'Choose another name, or remove what has it.',
  });
}
