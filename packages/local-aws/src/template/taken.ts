import { InvalidInputError } from '../errors.ts';
import type { StackContext } from '../service.ts';

/** A stack makes only what is not there: something with the name of a new resource belongs to somebody else. */
export function refuseTaken(stack: StackContext, type: string, name: string, taken: boolean): void {
  if (!stack.isNew || !taken) return;
  throw new InvalidInputError(`Resource of type '${type}' with identifier '${name}' already exists.`, {
    hint: 'Choose another name, or remove what has it.',
  });
}
