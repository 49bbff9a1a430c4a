import { join } from 'node:path';
import { ServiceError, type World } from '../../service.ts';
import { Collection } from '../../store/collection.ts';
import { fileNameOf } from '../../store/file-name.ts';
import { LogStream } from './log-stream.ts';

export interface LogGroupRecord {
  createdAt: number;
  retentionInDays?: number;
}

interface StreamRecord {
  group: string;
  stream: string;
  createdAt: number;
  /** Time of the last event, for ordering and retention without reading the file. */
  lastAt?: number;
  firstAt?: number;
  /** When the last event arrived. */
  arrivedAt?: number;
}

/** Every execution environment opens a stream: the oldest go when a group has more than this. */
const MOST_STREAMS = 100;
/** Precision of a stream's last event on disk. Writing every time would cost more than the event. */
const REMEMBERED_MS = 60_000;
const DAY_MS = 86_400_000;
const SEPARATOR = '\n';

/** Log groups and their streams, on disk. */
export class LogGroups {
  readonly #groups: Collection<LogGroupRecord>;
  readonly #records: Collection<StreamRecord>;
  readonly #open = new Map<string, LogStream>();
  readonly #times = new Map<string, { firstAt: number; lastAt: number; arrivedAt: number }>();
  readonly #folder: string;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
    this.#folder = world.folder('logs');
    this.#groups = new Collection(join(this.#folder, 'groups'));
    this.#records = new Collection(join(this.#folder, 'streams'));
  }

  arn(name: string): string {
    return `arn:aws:logs:${this.#world.region}:${this.#world.accountId}:log-group:${name}`;
  }

  list(prefix = ''): { name: string; record: LogGroupRecord }[] {
    return this.#groups.list(prefix).map(({ key, value }) => ({ name: key, record: value }));
  }

  has(name: string): boolean {
    return this.#groups.has(name);
  }

  create(name: string): void {
    if (this.#groups.has(name)) throw exists('log group');
    this.#groups.put(name, { createdAt: this.#world.clock.now() });
  }

  /** From the template: creates it or changes its retention. */
  provide(name: string, retentionInDays: number | undefined): void {
    const createdAt = this.#groups.get(name)?.createdAt ?? this.#world.clock.now();
    this.#groups.put(name, { createdAt, ...(retentionInDays === undefined ? {} : { retentionInDays }) });
  }

  /** @throws ServiceError `ResourceNotFoundException` */
  setRetention(name: string, retentionInDays: number): void {
    this.record(name);
    this.provide(name, retentionInDays);
  }

  /** With its streams. */
  delete(name: string): void {
    for (const stream of this.streams(name)) this.#remove(stream);
    this.#groups.delete(name);
  }

  createStream(group: string, stream: string): void {
    this.record(group);
    const key = keyOf(group, stream);
    if (this.#records.has(key)) throw exists('log stream');
    this.#records.put(key, { group, stream, createdAt: this.#world.clock.now() });
    const all = this.streams(group).sort((a, b) => lastUse(a) - lastUse(b));
    for (const old of all.slice(0, Math.max(0, all.length - MOST_STREAMS))) this.#remove(old);
  }

  deleteStream(group: string, stream: string): void {
    this.stream(group, stream);
    this.#remove(this.#records.get(keyOf(group, stream))!);
  }

  /** Records of a group's streams, by name. */
  streams(group: string, prefix = ''): StreamRecord[] {
    this.record(group);
    return this.#records
      .list(keyOf(group, prefix))
      .map(({ key, value }) => ({ ...value, ...this.#times.get(key) }));
  }

  stream(group: string, stream: string): LogStream {
    this.record(group);
    const key = keyOf(group, stream);
    const record = this.#records.get(key);
    if (record === undefined) {
      throw new ServiceError('ResourceNotFoundException', 'The specified log stream does not exist.');
    }
    let open = this.#open.get(key);
    if (open === undefined) {
      const path = join(this.#folder, 'events', `${fileNameOf(key)}.jsonl`);
      open = new LogStream(stream, record.createdAt, path);
      this.#open.set(key, open);
    }
    return open;
  }

  append(group: string, stream: string, events: readonly { timestamp: number; message: string }[]): void {
    const arrivedAt = this.#world.clock.now();
    this.stream(group, stream).append(events, arrivedAt);
    const key = keyOf(group, stream);
    const known = this.#times.get(key) ?? this.#records.get(key);
    const times = events.map((event) => event.timestamp);
    const firstAt = Math.min(known?.firstAt ?? Number.POSITIVE_INFINITY, ...times);
    const lastAt = Math.max(known?.lastAt ?? 0, ...times);
    this.#times.set(key, { firstAt, lastAt, arrivedAt });
    const record = this.#records.get(key)!;
    if (lastAt - (record.lastAt ?? 0) > REMEMBERED_MS) {
      this.#records.put(key, { ...record, firstAt, lastAt, arrivedAt });
    }
  }

  /** Removes streams whose last event is older than their group's retention. */
  applyRetention(): void {
    for (const { name, record } of this.list()) {
      if (record.retentionInDays === undefined) continue;
      const oldest = this.#world.clock.now() - record.retentionInDays * DAY_MS;
      for (const stream of this.streams(name)) if (lastUse(stream) < oldest) this.#remove(stream);
    }
  }

  #remove({ group, stream }: StreamRecord): void {
    this.stream(group, stream).clear();
    this.#open.delete(keyOf(group, stream));
    this.#times.delete(keyOf(group, stream));
    this.#records.delete(keyOf(group, stream));
  }

  /** @throws ServiceError ResourceNotFoundException */
  record(name: string): LogGroupRecord {
    const record = this.#groups.get(name);
    if (record === undefined) {
      throw new ServiceError('ResourceNotFoundException', 'The specified log group does not exist.');
    }
    return record;
  }
}

const keyOf = (group: string, stream: string) => `${group}${SEPARATOR}${stream}`;
const lastUse = (record: StreamRecord) => record.lastAt ?? record.createdAt;

function exists(what: string): ServiceError {
  return new ServiceError('ResourceAlreadyExistsException', `The specified ${what} already exists`);
}
