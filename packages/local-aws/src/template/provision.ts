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

/** One step of one resource, as a stack event tells it. */
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
  /** What is there, by logical id, each after those that it was made of. */
  readonly resources: Map<string, StackResource>;
  /** Every step, before and after it is taken. */
  onStep(step: Step): void;
  /** Every change of `resources`, at once. */
  onChange(logicalId: string, resource: StackResource | undefined): void;
  /** Whether to leave off before the next resource. */
  stopping(): boolean;
}

/** What could not be made or changed. */
export interface Failure {
  logicalId: string;
  type: string;
  action: 'create' | 'update';
  reason: string;
  hint?: string;
}

/**
 * Brings a stack's resources to what the scope's template says: makes what is new, changes what differs, each after those that
 * it refers to. What the template does not have any more stays for `removeAll`. A failure does not keep resources from
 * being made that do not depend on it, so that all refusals are heard at once.
 *
 * @param run its `resources` are what was there before, and become what is there
 * @param again puts what is the same too, and tells nobody: after a restart
 * @returns replaced resources, which are still there, and what has failed
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
      const made = await bring(run, logicalId, resource, properties, again);
      scope.provisioned.set(logicalId, { ref: made.physicalId, attributes: made.attributes });
      if (before !== undefined && before.physicalId !== made.physicalId && !again) replaced.push(before);
    } catch (cause) {
      missing.add(logicalId);
      failures.push(failed(run, logicalId, resource, before, cause as Error, again));
    }
  }
  return { replaced, failures };
}

/** As `resources` remembers them: what JSON can say. */
const plain = (properties: unknown) => JSON.parse(JSON.stringify(properties)) as Record<string, unknown>;

async function bring(
  run: Provisioning,
  logicalId: string,
  { Type: type, DeletionPolicy, UpdateReplacePolicy }: TemplateResource,
  properties: Record<string, unknown>,
  again: boolean,
): Promise<StackResource> {
  const before = run.resources.get(logicalId);
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
  const made = await put(run, logicalId, type, properties, before, generation);
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

/** Whether another resource has to take the place of the one with the properties before. */
export function isReplaced(
  world: World,
  type: string,
  before: Record<string, unknown>,
  after: Record<string, unknown>,
): boolean {
  const createOnly = world.resourceType(type)?.createOnly ?? [];
  return createOnly.some((name) => !isDeepStrictEqual(before[name], after[name]));
}

/** Makes a resource, or changes it to these properties. */
export async function put(
  run: Provisioning,
  logicalId: string,
  type: string,
  properties: Record<string, unknown>,
  existing: StackResource | undefined,
  generation: number,
): Promise<Provisioned> {
  const provider = run.world.resourceType(type);
  if (provider === undefined)
    throw new LocalAwsError('UnknownResourceType', `the local AWS does not emulate ${type}`);
  return provider.put(logicalId, properties, stackContext(run.stack, existing, generation));
}

function failed(
  run: Provisioning,
  logicalId: string,
  { Type: type }: TemplateResource,
  before: StackResource | undefined,
  cause: Error,
  again: boolean,
): Failure {
  const { message: reason } = cause;
  const hint = cause instanceof LocalAwsError ? cause.hint : undefined;
  const physicalId = before?.physicalId ?? '';
  const status = before === undefined ? 'CREATE_FAILED' : 'UPDATE_FAILED';
  // What was changed by half is put again by whatever comes next.
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
