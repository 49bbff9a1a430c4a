import { join } from 'node:path';
import type { World } from '../../service.ts';
import { Collection } from '../../store/collection.ts';
import type { Stack } from '../../template/provision.ts';

/** A provisioned stack with its times, in milliseconds since 1970. */
export interface StackRecord extends Stack {
  created: number;
  /** When another template or other parameters were provisioned last. */
  updated?: number;
}

const collections = new WeakMap<World, Collection<StackRecord>>();

/** The stacks of one local AWS, by name. */
export function stacksOf(world: World): Collection<StackRecord> {
  let stacks = collections.get(world);
  if (stacks === undefined) {
    stacks = new Collection(join(world.folder('cloudformation'), 'stacks'));
    collections.set(world, stacks);
  }
  return stacks;
}

/** Keeps what was provisioned, for the CloudFormation API to describe. */
export function recordStack(world: World, stack: Stack): void {
  const stacks = stacksOf(world);
  const now = world.clock.now();
  const before = stacks.get(stack.name);
  if (before === undefined) {
    stacks.put(stack.name, { ...stack, created: now });
    return;
  }
  const same =
    JSON.stringify([before.template, before.parameters]) ===
    JSON.stringify([stack.template, stack.parameters]);
  const updated = same ? before.updated : now;
  stacks.put(stack.name, {
    ...stack,
    created: before.created,
    ...(updated === undefined ? {} : { updated }),
  });
}
