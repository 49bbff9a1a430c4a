import { join } from 'node:path';
import type { Change } from '@aws-sdk/client-cloudformation';
import { ServiceError, type World } from '../../service.ts';
import { Collection } from '../../store/collection.ts';
import { stackEngineOf } from './engine.ts';
import type { Desired, StackRecord } from './records.ts';

export interface ChangeSet {
  id: string;
  name: string;
  stackId: string;
  description?: string;
  desired: Desired;
  changes: Change[];
  status: 'CREATE_COMPLETE' | 'FAILED';
  reason?: string;
  executionStatus: 'AVAILABLE' | 'UNAVAILABLE' | 'EXECUTE_COMPLETE';
  onFailure: StackRecord['onFailure'];
  created: number;
}

/** The change sets of every stack. */
export class ChangeSets {
  readonly #world: World;
  readonly #records: Collection<ChangeSet>;

  constructor(world: World) {
    this.#world = world;
    this.#records = new Collection(join(world.folder('cloudformation'), 'change-sets'));
  }

  ofStack(stackId: string): ChangeSet[] {
    return this.#records
      .list()
      .map(({ value }) => value)
      .filter((set) => set.stackId === stackId);
  }

  /** By its ARN, or by its name with the stack's. */
  find(name: string | undefined, stackName: string | undefined): ChangeSet | undefined {
    if (name?.startsWith('arn:')) return this.#records.get(name);
    const stack = stackEngineOf(this.#world).stacks.get(stackName);
    return this.ofStack(stack.id).find((set) => set.name === name);
  }

  /** @throws ServiceError `ChangeSetNotFoundException` */
  get(name: string | undefined, stackName: string | undefined): ChangeSet {
    const set = this.find(name, stackName);
    if (set === undefined) {
      throw new ServiceError('ChangeSetNotFoundException', `ChangeSet [${name}] does not exist`, 404);
    }
    return set;
  }

  put(set: ChangeSet): void {
    this.#records.put(set.id, set);
  }

  delete({ id }: ChangeSet): void {
    this.#records.delete(id);
  }
}
