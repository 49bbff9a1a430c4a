import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { ServiceError, type World } from '../../service.ts';
import { Collection } from '../../store/collection.ts';
import { fileNameOf } from '../../store/file-name.ts';
import { Journal } from '../../store/journal.ts';
import type { Desired, ResourceChange, StackEvent, StackRecord } from './records.ts';

/** Events of a stack that are kept; CloudFormation keeps them for 90 days. */
const MOST_EVENTS = 5_000;

/** The stacks of one local AWS, those that were deleted too, with their events. */
export class Stacks {
  readonly #world: World;
  readonly #folder: string;
  readonly #records: Collection<StackRecord>;
  readonly #events = new Map<string, Journal<StackEvent>>();

  constructor(world: World) {
    this.#world = world;
    this.#folder = world.folder('cloudformation');
    this.#records = new Collection(join(this.#folder, 'stacks'));
    for (const { key, value } of this.#records.list()) {
      if (value.templateBody !== undefined) continue;
      this.#records.delete(key);
      this.put(fromEarlierVersion(value));
    }
  }

  /** All of them, the oldest first. */
  list(): StackRecord[] {
    return this.#records
      .list()
      .map(({ value }) => value)
      .sort((one, other) => one.created - other.created);
  }

  /** By its name while it is there; by its id also when it was deleted. */
  find(nameOrId: string | undefined): StackRecord | undefined {
    if (nameOrId?.startsWith('arn:')) return this.#records.get(nameOrId);
    return this.list().find(({ name, status }) => name === nameOrId && status !== 'DELETE_COMPLETE');
  }

  /** @throws ServiceError `ValidationError` */
  get(nameOrId: string | undefined): StackRecord {
    const record = this.find(nameOrId);
    if (record === undefined) {
      throw new ServiceError('ValidationError', `Stack with id ${nameOrId} does not exist`);
    }
    return record;
  }

  put(record: StackRecord): void {
    this.#records.put(record.id, record);
  }

  /** A stack that has nothing yet. */
  create(
    name: string,
    desired: Desired,
    status: 'REVIEW_IN_PROGRESS' | 'CREATE_IN_PROGRESS',
    settings: Partial<Pick<StackRecord, 'onFailure' | 'terminationProtection'>> = {},
  ): StackRecord {
    if (!/^[A-Za-z][A-Za-z0-9-]{0,127}$/.test(name)) {
      throw new ServiceError(
        'ValidationError',
        `1 validation error detected: Value '${name}' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*`,
      );
    }
    const { region, accountId, clock } = this.#world;
    const record: StackRecord = {
      ...desired,
      name,
      id: `arn:aws:cloudformation:${region}:${accountId}:stack/${name}/${randomUUID()}`,
      status,
      created: clock.now(),
      resources: [],
      outputs: [],
      cleanup: [],
      onFailure: 'ROLLBACK',
      terminationProtection: false,
      ...settings,
    };
    this.put(record);
    return record;
  }

  /** A stack that was under review only leaves nothing behind. */
  forget({ id }: StackRecord): void {
    this.#records.delete(id);
    this.#journal(id).clear();
    this.#events.delete(id);
  }

  tell({ id, name }: Pick<StackRecord, 'id' | 'name'>, event: Omit<StackEvent, 'id' | 'at'>): void {
    const at = this.#world.clock.now();
    const ofStack = event.logicalId === name;
    const journal = this.#journal(id);
    journal.append({
      ...event,
      id: ofStack ? randomUUID() : `${event.logicalId}-${event.status}-${new Date(at).toISOString()}`,
      at,
    });
    const all = journal.entries();
    if (all.length <= MOST_EVENTS) return;
    const newer = all.slice(-MOST_EVENTS / 2);
    journal.clear();
    journal.append(...newer);
  }

  /** The newest first. */
  events({ id }: Pick<StackRecord, 'id'>): StackEvent[] {
    return [...this.#journal(id).entries()].reverse();
  }

  /** What the operation in progress has changed so far. */
  changes({ id }: Pick<StackRecord, 'id'>): Journal<ResourceChange> {
    return new Journal(join(this.#folder, 'changes', `${fileNameOf(id)}.jsonl`));
  }

  #journal(id: string): Journal<StackEvent> {
    let journal = this.#events.get(id);
    if (journal === undefined) {
      journal = new Journal(join(this.#folder, 'events', `${fileNameOf(id)}.jsonl`));
      this.#events.set(id, journal);
    }
    return journal;
  }
}

/**
 * An older version stored what was read at the start as the record. Its resources are found again by their
 * names.
 */
function fromEarlierVersion(value: unknown): StackRecord {
  const {
    template,
    resources,
    parameters: _,
    ...known
  } = value as {
    template: unknown;
    parameters: unknown;
    resources: { logicalId: string; type: string; physicalId: string }[];
  } & Pick<StackRecord, 'name' | 'id' | 'created' | 'outputs'>;
  return {
    ...known,
    templateBody: JSON.stringify(template),
    parameters: {},
    tags: {},
    capabilities: [],
    status: 'CREATE_COMPLETE',
    resources: resources.map((resource) => ({
      ...resource,
      attributes: {},
      properties: {},
      generation: 0,
      // Whatever is asked of the stack next puts them again.
      status: 'UPDATE_FAILED',
      changed: known.created,
    })),
    cleanup: [],
    onFailure: 'ROLLBACK',
    terminationProtection: false,
  };
}
