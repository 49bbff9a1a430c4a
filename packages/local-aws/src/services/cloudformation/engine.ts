import type { World } from '../../service.ts';
import { outputsOf } from '../../template/outputs.ts';
import { type Failure, provision } from '../../template/provision.ts';
import type { StackResource } from '../../template/stack-resource.ts';
import { check, scopeOf } from './desired.ts';
import { StackOperation, stackEvent } from './operation.ts';
import type { Desired, StackRecord, StackStatus } from './records.ts';
import { Stacks } from './stacks.ts';

const engines = new WeakMap<World, StackEngine>();

/** The stack engine of a local AWS. The API and the start with a template both use it. */
export function stackEngineOf(world: World): StackEngine {
  let engine = engines.get(world);
  if (engine === undefined) {
    engine = new StackEngine(world);
    engines.set(world, engine);
  }
  return engine;
}

export class StackEngine {
  readonly stacks: Stacks;
  readonly #world: World;
  readonly #running = new Map<StackOperation, Promise<unknown>>();
  #restored: Promise<void> | undefined;

  constructor(world: World) {
    this.#world = world;
    this.stacks = new Stacks(world);
  }

  /** Makes a new stack, or brings one up to date: begins it, which is on disk, and says when it has ended. */
  deploy(
    record: StackRecord,
    status: 'CREATE_IN_PROGRESS' | 'UPDATE_IN_PROGRESS',
    target: Desired,
    token?: string,
  ) {
    const started = this.#begin({ ...record, target }, status, token);
    return this.#run(started, (operation) => operation.deploy());
  }

  delete(record: StackRecord, retained: readonly string[], token?: string): Promise<void> {
    const { target: _, ...rest } = record;
    const started = this.#begin({ ...rest, retained: [...retained] }, 'DELETE_IN_PROGRESS', token);
    return this.#run(started, (operation) => operation.delete());
  }

  /** Finds everything of all stacks again, and goes on with what a stop or kill has interrupted. Once. */
  restore(): Promise<void> {
    this.#restored ??= this.#restoreAll();
    return this.#restored;
  }

  /** Until no operation is in progress. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#running.values());
  }

  /** Leaves operations off where they are. */
  async stop(): Promise<void> {
    for (const operation of this.#running.keys()) operation.stop();
    await this.settled();
  }

  /**
   * Provisions a template from this machine's disk before the local AWS opens: creates or updates its stack.
   *
   * @returns the stack and what could not be created; then the stack is as it was before
   * @throws InvalidInputError listing everything that can be refused before anything is created
   */
  async start(name: string, target: Desired): Promise<{ stack: StackRecord; failures: Failure[] }> {
    let known = this.stacks.find(name);
    // A resource that was never created needs no removal.
    if (known?.status === 'ROLLBACK_COMPLETE' || known?.status === 'REVIEW_IN_PROGRESS') {
      this.stacks.put({ ...known, status: 'DELETE_COMPLETE', deleted: this.#world.clock.now() });
      known = undefined;
    }
    // The archives may have changed with a template that has not.
    if (known?.folder !== undefined && target.folder !== undefined) {
      this.stacks.put({ ...known, folder: target.folder });
    }
    await this.restore();
    if (known === undefined) {
      check(this.#world, { name, id: `arn:aws:cloudformation:stack/${name}` }, target);
      const created = this.stacks.create(name, target, 'CREATE_IN_PROGRESS');
      const failures = await this.deploy(created, 'CREATE_IN_PROGRESS', target);
      return { stack: this.stacks.get(created.id), failures };
    }
    const restored = this.stacks.get(known.id);
    check(this.#world, restored, target);
    const isSame =
      restored.templateBody === target.templateBody &&
      JSON.stringify(restored.parameters) === JSON.stringify(target.parameters) &&
      restored.resources.every(({ status }) => !status.endsWith('FAILED'));
    const failures = isSame ? [] : await this.deploy(restored, 'UPDATE_IN_PROGRESS', target);
    return { stack: this.stacks.get(known.id), failures };
  }

  #begin(record: StackRecord, status: StackStatus, token?: string): StackRecord {
    const { reason: _, ...rest } = record;
    const now = this.#world.clock.now();
    const started: StackRecord = {
      ...rest,
      status,
      ...(status === 'UPDATE_IN_PROGRESS' ? { updated: now } : {}),
    };
    this.stacks.put(started);
    this.stacks.changes(started).clear();
    this.stacks.tell(started, {
      ...stackEvent(started),
      reason: 'User Initiated',
      ...(token === undefined ? {} : { token }),
    });
    return started;
  }

  #run<T>(record: StackRecord, work: (operation: StackOperation) => Promise<T>): Promise<T> {
    const operation = new StackOperation(this.#world, this.stacks, record);
    const running = work(operation).finally(() => this.#running.delete(operation));
    this.#running.set(operation, running);
    // A client of the API does not wait for the end. A defect here must not end the process.
    running.catch((error: unknown) =>
      this.#world.log.error({ err: error, stack: record.name }, 'a stack operation broke off'),
    );
    return running;
  }

  async #restoreAll(): Promise<void> {
    for (const { id, status } of this.stacks.list()) {
      if (status === 'DELETE_COMPLETE' || status === 'REVIEW_IN_PROGRESS') continue;
      const record = await this.#restoreOne(this.stacks.get(id));
      if (status === 'DELETE_IN_PROGRESS') await this.#run(record, (operation) => operation.delete());
      else if (status.endsWith('CLEANUP_IN_PROGRESS'))
        await this.#run(record, (operation) => operation.cleanUp());
      else if (status.endsWith('IN_PROGRESS')) await this.#rollBackInterrupted(record);
    }
  }

  /** Puts every resource again: what services keep in memory only, and what another port has changed. */
  async #restoreOne(record: StackRecord): Promise<StackRecord> {
    const resources = new Map(record.resources.map((one) => [one.logicalId, one]));
    const { name, id, folder } = record;
    try {
      const { failures } = await provision(
        {
          world: this.#world,
          stack: { name, id, ...(folder === undefined ? {} : { folder }) },
          resources,
          onStep: () => {},
          onChange: () => {},
          stopping: () => false,
        },
        scopeOf(this.#world, record, record),
        true,
      );
      for (const { logicalId, reason } of failures) {
        this.#world.log.error({ stack: name, resource: logicalId, reason }, 'a resource was not found again');
      }
    } catch (error) {
      this.#world.log.error({ err: error, stack: name }, 'a stack was not found again');
    }
    await this.#putChanged(record);
    const outputs = this.#outputs(record, resources);
    const restored = { ...record, resources: [...resources.values()], outputs };
    if (JSON.stringify(restored) !== JSON.stringify(record)) this.stacks.put(restored);
    return restored;
  }

  /** Another port makes other addresses. */
  #outputs(record: StackRecord, resources: ReadonlyMap<string, StackResource>): StackRecord['outputs'] {
    if (record.outputs.length === 0) return [];
    try {
      const scope = scopeOf(this.#world, record, record);
      for (const [logicalId, { physicalId, attributes }] of resources) {
        scope.provisioned.set(logicalId, { ref: physicalId, attributes });
      }
      return outputsOf(scope, this.#world.endpoint);
    } catch {
      return record.outputs;
    }
  }

  /** What the interrupted operation had made by then, so that it can be taken back. */
  async #putChanged(record: StackRecord): Promise<void> {
    const changed = new Map<string, StackResource | undefined>();
    for (const { logicalId, resource } of this.stacks.changes(record).entries())
      changed.set(logicalId, resource);
    for (const resource of changed.values()) {
      if (resource === undefined) continue;
      const { logicalId, physicalId, type, properties } = resource;
      try {
        await this.#world.resourceType(type)?.put(logicalId, properties, {
          name: record.name,
          id: record.id,
          isNew: false,
          physicalId,
          physicalName: () => physicalId,
        });
      } catch (error) {
        this.#world.log.warn({ err: error, resource: logicalId }, 'a half-made resource was not found again');
      }
    }
  }

  async #rollBackInterrupted(record: StackRecord): Promise<void> {
    const isCreation = record.status === 'CREATE_IN_PROGRESS' || record.status === 'ROLLBACK_IN_PROGRESS';
    const status: StackStatus = isCreation ? 'ROLLBACK_IN_PROGRESS' : 'UPDATE_ROLLBACK_IN_PROGRESS';
    const turned: StackRecord = {
      ...record,
      status,
      reason: 'The local AWS was stopped in the middle of it.',
    };
    this.stacks.put(turned);
    this.stacks.tell(turned, stackEvent(turned));
    await this.#run(turned, (operation) => operation.rollBack());
  }
}
