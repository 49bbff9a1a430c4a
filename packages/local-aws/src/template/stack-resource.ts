import { createHash } from 'node:crypto';
import type { ExistingResource, StackContext } from '../service.ts';

/** Status of a resource, in CloudFormation's words. */
export type ResourceStatus =
  | `${'CREATE' | 'UPDATE' | 'DELETE'}_${'IN_PROGRESS' | 'COMPLETE' | 'FAILED'}`
  | 'DELETE_SKIPPED';

/** A resource that a stack has made. */
export interface StackResource extends ExistingResource {
  readonly type: string;
  readonly attributes: Record<string, string>;
  /** Number of resources that it has replaced: part of generated names. */
  readonly generation: number;
  readonly deletionPolicy?: 'Delete' | 'Retain' | 'RetainExceptOnCreate';
  readonly replacePolicy?: 'Delete' | 'Retain';
  readonly status: ResourceStatus;
  readonly reason?: string;
  /** Milliseconds since 1970. */
  readonly changed: number;
}

/** Name, id and folder of a stack. */
export interface StackIdentity {
  readonly name: string;
  readonly id: string;
  /** See `StackContext.folder`. */
  readonly folder?: string;
}

/**
 * Context of a resource that is made or changed. Generated names are derived from stack, logical id and
 * generation, so that a restart finds everything again.
 *
 * @param existing the resource in its place, also when it is to be replaced
 * @param generation of the resource that is made or changed
 */
export function stackContext(
  stack: StackIdentity,
  existing: Pick<StackResource, 'physicalId' | 'generation'> | undefined,
  generation: number,
): StackContext {
  const { name, id, folder } = stack;
  const isNew = existing === undefined || existing.generation !== generation;
  return {
    name,
    id,
    isNew,
    ...(isNew ? {} : { physicalId: existing.physicalId }),
    ...(folder === undefined ? {} : { folder }),
    physicalName(logicalId, limit = 255) {
      const suffix = createHash('sha256')
        .update(`${name}/${logicalId}${generation === 0 ? '' : `/${generation}`}`)
        .digest('hex')
        .slice(0, 12)
        .toUpperCase();
      return `${`${name}-${logicalId}`.slice(0, limit - suffix.length - 1)}-${suffix}`;
    },
  };
}
