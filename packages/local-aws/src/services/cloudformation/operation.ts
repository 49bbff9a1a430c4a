import type { LocalAwsError } from '../../errors.ts';
import type { World } from '../../service.ts';
import type { Journal } from '../../store/journal.ts';
import { inOrder } from '../../template/order.ts';
import { outputsOf } from '../../template/outputs.ts';
import { type Failure, keep, type Provisioning, provision, put } from '../../template/provision.ts';
import { type RemovalReason, removeAll } from '../../template/remove.ts';
import type { Scope } from '../../template/scope.ts';
import type { StackIdentity, StackResource } from '../../template/stack-resource.ts';
import { scopeOf } from './desired.ts';
import type { Desired, ResourceChange, StackRecord, StackStatus } from './records.ts';
import type { Stacks } from './stacks.ts';

const STACK_TYPE = 'AWS::CloudFormation::Stack';

/**
 * One operation on one stack. It is recorded on disk before anything changes, so that the local AWS continues
 * it after a kill. Whatever fails, it ends in one of CloudFormation's states.
 */
export class StackOperation {
  readonly #world: World;
  readonly #stacks: Stacks;
  readonly #run: Provisioning;
  readonly #changes: Journal<ResourceChange>;
  #record: StackRecord;
  #stopped = false;

  constructor(world: World, stacks: Stacks, record: StackRecord) {
    this.#world = world;
    this.#stacks = stacks;
    this.#record = record;
    this.#changes = stacks.changes(record);
    const resources = new Map(record.resources.map((one) => [one.logicalId, one]));
    for (const { logicalId, resource } of this.#changes.entries()) {
      if (resource === undefined) resources.delete(logicalId);
      else resources.set(logicalId, resource);
    }
    this.#run = {
      world,
      stack: identityOf(record, record.target ?? record),
      resources,
      onStep: (step) => stacks.tell(record, step),
      onChange: (logicalId, resource) =>
        this.#changes.append({ logicalId, ...(resource === undefined ? {} : { resource }) }),
      stopping: () => this.#stopped,
    };
  }

  /** Leaves off before the next resource; a restart goes on. */
  stop(): void {
    this.#stopped = true;
  }

  /** Makes of the stack what its target says. */
  async deploy(): Promise<Failure[]> {
    const isCreation = this.#record.status === 'CREATE_IN_PROGRESS';
    const target = this.#record.target!;
    const scope = scopeOf(this.#world, this.#record, target);
    const { replaced, failures } = await provision(this.#run, scope);
    if (this.#stopped) return failures;
    const outputs = failures.length === 0 ? this.#outputs(scope, failures) : [];
    if (failures.length > 0) {
      await this.#fail(isCreation, failures);
      return failures;
    }
    const left = this.#ordered(scope).filter(({ logicalId }) => !isWanted(scope, logicalId));
    const { target: _, ...rest } = this.#record;
    const kept = this.#ordered(scope).filter(({ logicalId }) => isWanted(scope, logicalId));
    this.#run.resources.clear();
    for (const resource of kept) this.#run.resources.set(resource.logicalId, resource);
    this.#record = { ...rest, ...target, outputs, cleanup: [...left, ...replaced] };
    if (target.folder === undefined) delete this.#record.folder;
    if (isCreation) this.#enter('CREATE_COMPLETE');
    else {
      this.#enter('UPDATE_COMPLETE_CLEANUP_IN_PROGRESS');
      await this.cleanUp();
    }
    return [];
  }

  /**
   * Removes resources that the last update replaced. A resource that cannot be removed stays, as in
   * CloudFormation.
   */
  async cleanUp(): Promise<void> {
    const { cleanup } = this.#record;
    const isReplaced = ({ logicalId }: StackResource) => this.#run.resources.has(logicalId);
    await removeAll(this.#run, cleanup.filter(isReplaced), 'replace');
    await removeAll(
      this.#run,
      cleanup.filter((one) => !isReplaced(one)),
      'update',
    );
    if (this.#stopped) return;
    this.#record = { ...this.#record, cleanup: [] };
    this.#enter(
      this.#record.status === 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS'
        ? 'UPDATE_COMPLETE'
        : 'UPDATE_ROLLBACK_COMPLETE',
    );
  }

  /** Removes the stack and everything that is not to be retained. */
  async delete(): Promise<void> {
    const failed = await this.#removeAll('delete', new Set(this.#record.retained));
    if (this.#stopped) return;
    if (failed.length > 0) {
      this.#enter('DELETE_FAILED', `The following resource(s) failed to delete: [${failed.join(', ')}]. `);
      return;
    }
    this.#record = { ...this.#record, deleted: this.#world.clock.now() };
    this.#enter('DELETE_COMPLETE');
  }

  /** Takes back what a creation or update has done so far. */
  async rollBack(): Promise<void> {
    this.#run.stack = identityOf(this.#record, this.#record);
    if (this.#record.status.startsWith('UPDATE')) await this.#rollBackUpdate();
    else await this.#rollBackCreation();
  }

  async #fail(isCreation: boolean, failures: readonly Failure[]): Promise<void> {
    const reason = ['create', 'update']
      .map((action) => ({ action, of: failures.filter((failure) => failure.action === action) }))
      .filter(({ of }) => of.length > 0)
      .map(
        ({ action, of }) =>
          `The following resource(s) failed to ${action}: [${of.map(({ logicalId }) => logicalId).join(', ')}]. `,
      )
      .join('');
    if (this.#record.onFailure === 'DO_NOTHING') {
      this.#enter(isCreation ? 'CREATE_FAILED' : 'UPDATE_FAILED', reason);
      return;
    }
    this.#enter(isCreation ? 'ROLLBACK_IN_PROGRESS' : 'UPDATE_ROLLBACK_IN_PROGRESS', reason);
    await this.rollBack();
  }

  async #rollBackCreation(): Promise<void> {
    const failed = await this.#removeAll('rollback');
    if (this.#stopped) return;
    if (failed.length > 0) {
      this.#enter('ROLLBACK_FAILED', `The following resource(s) failed to delete: [${failed.join(', ')}]. `);
      return;
    }
    this.#enter('ROLLBACK_COMPLETE');
    if (this.#record.onFailure !== 'DELETE') return;
    this.#enter('DELETE_IN_PROGRESS');
    await this.delete();
  }

  async #rollBackUpdate(): Promise<void> {
    const before = new Map(this.#record.resources.map((one) => [one.logicalId, one]));
    const made: StackResource[] = [];
    const failed: string[] = [];
    for (const current of [...this.#run.resources.values()]) {
      const old = before.get(current.logicalId);
      if (old?.physicalId !== current.physicalId) made.push(current);
      if (old === undefined || this.#stopped) continue;
      if (old.physicalId !== current.physicalId) keep(this.#run, old);
      else if (!(await this.#putBack(old, current))) failed.push(old.logicalId);
    }
    if (this.#stopped) return;
    if (failed.length > 0) {
      this.#enter(
        'UPDATE_ROLLBACK_FAILED',
        `The following resource(s) failed to update: [${failed.join(', ')}]. `,
      );
      return;
    }
    this.#record = { ...this.#record, cleanup: [] };
    this.#enter('UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS');
    await removeAll(this.#run, made, 'rollback');
    // What could not be removed is CloudFormation's no longer.
    for (const { logicalId } of made) if (!before.has(logicalId)) this.#run.resources.delete(logicalId);
    if (!this.#stopped) this.#enter('UPDATE_ROLLBACK_COMPLETE');
  }

  /** @returns whether it is as it was */
  async #putBack(old: StackResource, current: StackResource): Promise<boolean> {
    if (JSON.stringify(old) === JSON.stringify(current)) return true;
    const { logicalId, physicalId, type } = old;
    const step = { logicalId, physicalId, type };
    this.#run.onStep({ ...step, status: 'UPDATE_IN_PROGRESS' });
    try {
      await put(this.#run, {
        ...{ logicalId, type, properties: old.properties },
        ...{ existing: old, generation: old.generation },
      });
    } catch (error) {
      this.#run.onStep({ ...step, status: 'UPDATE_FAILED', reason: (error as Error).message });
      return false;
    }
    keep(this.#run, { ...old, changed: this.#world.clock.now(), status: 'UPDATE_COMPLETE' });
    this.#run.onStep({ ...step, status: 'UPDATE_COMPLETE' });
    return true;
  }

  #removeAll(why: RemovalReason, kept?: ReadonlySet<string>): Promise<string[]> {
    const scope = scopeOf(this.#world, this.#record, this.#record.target ?? this.#record);
    return removeAll(this.#run, this.#ordered(scope), why, kept);
  }

  /** Everything that there is, each after what it is made of. */
  #ordered({ template }: Scope): StackResource[] {
    const order = inOrder(template);
    return [...this.#run.resources.values()].sort(
      (one, other) => order.indexOf(one.logicalId) - order.indexOf(other.logicalId),
    );
  }

  #outputs(scope: Scope, failures: Failure[]) {
    try {
      return outputsOf(scope, this.#world.endpoint);
    } catch (error) {
      const { message, hint } = error as LocalAwsError;
      const { name } = this.#record;
      failures.push({
        logicalId: name,
        type: STACK_TYPE,
        action: 'update',
        reason: message,
        ...(hint === undefined ? {} : { hint }),
      });
      return [];
    }
  }

  /** A status that ends or turns an operation: on disk with the resources as they are, and told. */
  #enter(status: StackStatus, reason?: string): void {
    const { reason: _, ...rest } = this.#record;
    const ends = !status.endsWith('IN_PROGRESS') || status.endsWith('CLEANUP_IN_PROGRESS');
    this.#record = {
      ...rest,
      status,
      ...(reason === undefined ? {} : { reason }),
      ...(ends ? { resources: [...this.#run.resources.values()] } : {}),
    };
    if (ends && status !== 'CREATE_FAILED') delete this.#record.target;
    this.#stacks.put(this.#record);
    if (ends) this.#changes.clear();
    this.#stacks.tell(this.#record, stackEvent(this.#record));
  }
}

function identityOf({ name, id }: StackRecord, { folder }: Desired): StackIdentity {
  return { name, id, ...(folder === undefined ? {} : { folder }) };
}

const isWanted = ({ template, provisioned }: Scope, logicalId: string): boolean =>
  template.Resources[logicalId] !== undefined && provisioned.has(logicalId);

/** The event of a stack's own status. */
export function stackEvent({ name, id, status, reason }: StackRecord) {
  return {
    logicalId: name,
    physicalId: id,
    type: STACK_TYPE,
    status,
    ...(reason === undefined ? {} : { reason }),
  };
}
