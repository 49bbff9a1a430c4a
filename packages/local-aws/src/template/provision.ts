import { isDeepStrictEqual } from 'node:util';
import { LocalAwsError } from '../errors.ts';
import type { Provisioned, World } from '../service.ts';
import { conditionHolds, resolve } from './intrinsics.ts';
import { dependenciesOf, inOrder } from './order.ts';
import type { Scope } from './scope.ts';
import {
  type ResourceStatus,
  type StackIdentity,
  type StackResource,
  stackContext,
} from './stack-resource.ts';
import type { TemplateResource } from './template.ts';

/** One step of one resource, as in a stack event. */
export interface Step {
  logicalId: string;
  physicalId: string;
  type: string;
  status: ResourceStatus;
  reason?: string;
}

/** A stack whose resources are being made, changed or removed. */
export interface Provisioning {
  readonly world: World;
  stack: StackIdentity;
  /** Resources that exist, by logical id, each after those that it was made of. */
  readonly resources: Map<string, StackResource>;
  /** Called before and after every step. */
  onStep(step: Step): void;
  /** Called at every change of `resources`. */
  onChange(logicalId: string, resource: StackResource | undefined): void;
  /** Whether to stop before the next resource. */
  stopping(): boolean;
}

/** A resource that could not be made or changed. */
export interface Failure {
  logicalId: string;
  type: string;
  action: 'create' | 'update';
  reason: string;
  hint?: string;
}

/**
 * Makes the stack's resources as the scope's template says: creates new ones and changes those that differ,
 * each after those that it refers to. Resources that the template no longer has are left for `removeAll`.
 * After a failure, resources that do not depend on the failed one are still made, so that all refusals are
 * reported at once.
 *
 * @param run its `resources` are updated
 * @param again after a restart: unchanged resources are put as well, and no step is reported
 * @returns replaced resources, which still exist, and failures
 */
export async function provision(
  run: Provisioning,
  scope: Scope,
  again = false,
): Promise<{ replaced: StackResource[]; failures: Failure[] }> {
  const { template } = scope;
  const failures: Failure[] = [];
  const replaced: StackResource[] = [];
  const missing = new Set<string>();
  for (const logicalId of inOrder(template)) {
    if (run.stopping()) break;
    const resource = template.Resources[logicalId] as TemplateResource;
    if (resource.Condition !== undefined && !conditionHolds(resource.Condition, scope)) continue;
    if (dependenciesOf(logicalId, template).some((dependency) => missing.has(dependency))) {
      missing.add(logicalId);
      continue;
    }
    const before = run.resources.get(logicalId);
    if (again && before === undefined) continue;
    try {
      const properties = plain(
        resolve(resource.Properties ?? {}, scope, `"${logicalId}" (${resource.Type})`),
      );
      const made = await createOrUpdate(run, { logicalId, resource, properties, before, again });
      scope.provisioned.set(logicalId, { ref: made.physicalId, attributes: made.attributes });
      if (before !== undefined && before.physicalId !== made.physicalId && !again) replaced.push(before);
    } catch (cause) {
      missing.add(logicalId);
      failures.push(failed(run, { logicalId, resource, before, again }, cause as Error));
    }
  }
  return { replaced, failures };
}

/** As JSON, the form in which `resources` keeps them. */
const plain = (properties: unknown) => JSON.parse(JSON.stringify(properties)) as Record<string, unknown>;

/** A resource of the template, and the one of the stack in its place. */
interface Change {
  logicalId: string;
  resource: TemplateResource;
  before: StackResource | undefined;
  /** See `provision`. */
  again: boolean;
}

/** Creates a resource, updates or replaces it, or leaves it alone where its properties are the same. */
async function createOrUpdate(
  run: Provisioning,
  {
    logicalId,
    resource: { Type: type, DeletionPolicy, UpdateReplacePolicy },
    properties,
    before,
    again,
  }: Change & { properties: Record<string, unknown> },
): Promise<StackResource> {
  const policies = {
    ...(DeletionPolicy === undefined ? {} : { deletionPolicy: DeletionPolicy }),
    ...(UpdateReplacePolicy === undefined ? {} : { replacePolicy: UpdateReplacePolicy }),
  };
  if (!again && before !== undefined && isSame(before, properties)) {
    const { deletionPolicy: _, replacePolicy: __, ...rest } = before;
    const same = { ...rest, ...policies };
    if (!isDeepStrictEqual(same, before)) keep(run, same);
    return same;
  }
  const fresh =
    before === undefined || (!again && isReplaced(run.world, type, before.properties, properties));
  const generation = (before?.generation ?? 0) + (before !== undefined && fresh ? 1 : 0);
  const action = before === undefined ? 'CREATE' : 'UPDATE';
  const tell = (status: ResourceStatus, physicalId: string, reason?: string) => {
    if (again) return;
    run.onStep({ logicalId, physicalId, type, status, ...(reason === undefined ? {} : { reason }) });
  };
  tell(
    `${action}_IN_PROGRESS`,
    before?.physicalId ?? '',
    before !== undefined && fresh
      ? 'Requested update requires the creation of a new physical resource; hence creating one.'
      : undefined,
  );
  const made = await put(run, { logicalId, type, properties, existing: before, generation });
  const resource: StackResource = {
    logicalId,
    physicalId: made.ref,
    type,
    properties,
    attributes: made.attributes ?? {},
    generation,
    ...policies,
    status:
      again && before !== undefined && !before.status.endsWith('FAILED')
        ? before.status
        : `${action}_COMPLETE`,
    changed: again && before !== undefined ? before.changed : run.world.clock.now(),
  };
  keep(run, resource);
  tell(`${action}_COMPLETE`, made.ref);
  return resource;
}

const isSame = (before: StackResource, properties: Record<string, unknown>): boolean =>
  !before.status.endsWith('FAILED') && isDeepStrictEqual(before.properties, properties);

/** Whether this change of properties needs a replacement of the resource. */
export function isReplaced(
  world: World,
  type: string,
  before: Record<string, unknown>,
  after: Record<string, unknown>,
): boolean {
  const createOnly = world.resourceType(type)?.createOnly ?? [];
  return createOnly.some((name) => !isDeepStrictEqual(before[name], after[name]));
}

export interface PutTarget {
  logicalId: string;
  type: string;
  /** Resolved. */
  properties: Record<string, unknown>;
  /** The resource in its place, also when it is to be replaced. */
  existing: StackResource | undefined;
  generation: number;
}

/** Makes a resource, or changes it to these properties. */
export async function put(run: Provisioning, target: PutTarget): Promise<Provisioned> {
  const { logicalId, type, properties, existing, generation } = target;
  const provider = run.world.resourceType(type);
  if (provider === undefined)
    throw new LocalAwsError('UnknownResourceType', `the local AWS does not emulate ${type}`);
  return provider.put(logicalId, properties, stackContext(run.stack, existing, generation));
}

function failed(
  run: Provisioning,
  { logicalId, resource: { Type: type }, before, again }: Change,
  cause: Error,
): Failure {
  const { message: reason } = cause;
  const hint = cause instanceof LocalAwsError ? cause.hint : undefined;
  const physicalId = before?.physicalId ?? '';
  const status = before === undefined ? 'CREATE_FAILED' : 'UPDATE_FAILED';
  // It may be half changed; the next operation puts it again.
  if (before !== undefined) keep(run, { ...before, status, reason, changed: run.world.clock.now() });
  if (!again) run.onStep({ logicalId, physicalId, type, status, reason });
  return {
    logicalId,
    type,
    action: before === undefined ? 'create' : 'update',
    reason,
    ...(hint === undefined ? {} : { hint }),
  };
}

export function keep(run: Provisioning, resource: StackResource): void {
  run.resources.set(resource.logicalId, resource);
  run.onChange(resource.logicalId, resource);
}
