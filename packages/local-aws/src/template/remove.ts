import type { Provisioning } from './provision.ts';
import type { StackResource } from './stack-resource.ts';

/**
 * Why resources are removed: their stack is deleted, an update no longer has them or replaces them, or a
 * rollback.
 */
export type RemovalReason = 'delete' | 'update' | 'replace' | 'rollback';

/**
 * Removes resources in reverse order of their creation. One that cannot be removed stays in the stack; the
 * others are removed all the same.
 *
 * @param kept logical ids to leave alone, whatever their policies say
 * @returns logical ids of resources that could not be removed
 */
export async function removeAll(
  run: Provisioning,
  resources: readonly StackResource[],
  why: RemovalReason,
  kept: ReadonlySet<string> = new Set(),
): Promise<string[]> {
  const failed: string[] = [];
  for (const resource of [...resources].reverse()) {
    if (run.stopping()) break;
    const { logicalId, physicalId, type } = resource;
    const step = { logicalId, physicalId, type };
    if (kept.has(logicalId) || isRetained(resource, why)) {
      run.onStep({ ...step, status: 'DELETE_SKIPPED' });
      forget(run, resource);
      continue;
    }
    run.onStep({ ...step, status: 'DELETE_IN_PROGRESS' });
    try {
      await run.world.resourceType(type)?.remove(resource);
    } catch (cause) {
      const reason = (cause as Error).message;
      failed.push(logicalId);
      run.onStep({ ...step, status: 'DELETE_FAILED', reason });
      if (run.resources.get(logicalId)?.physicalId === physicalId) {
        const changed = run.world.clock.now();
        const stays: StackResource = { ...resource, status: 'DELETE_FAILED', reason, changed };
        run.resources.set(logicalId, stays);
        run.onChange(logicalId, stays);
      }
      continue;
    }
    run.onStep({ ...step, status: 'DELETE_COMPLETE' });
    forget(run, resource);
  }
  return failed;
}

function isRetained({ deletionPolicy, replacePolicy }: StackResource, why: RemovalReason): boolean {
  if (why === 'replace') return replacePolicy === 'Retain';
  if (why === 'rollback') return deletionPolicy === 'Retain';
  return deletionPolicy === 'Retain' || deletionPolicy === 'RetainExceptOnCreate';
}

/** Removes it from the stack's resources, unless a replacement has its logical id. */
function forget(run: Provisioning, { logicalId, physicalId }: StackResource): void {
  if (run.resources.get(logicalId)?.physicalId !== physicalId) return;
  run.resources.delete(logicalId);
  run.onChange(logicalId, undefined);
}
