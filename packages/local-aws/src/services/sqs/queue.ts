import { createHash, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { MessageAttributeValue } from '@aws-sdk/client-sqs';
import { arnOf } from '../../operation-permissions.ts';
import { type Clock, ServiceError, type World } from '../../service.ts';
import { Collection } from '../../store/collection.ts';

/** Settings of a queue, in the units and with the defaults of `AWS::SQS::Queue`. */
export interface QueueSettings {
  DelaySeconds: number;
  MaximumMessageSize: number;
  MessageRetentionPeriod: number;
  ReceiveMessageWaitTimeSeconds: number;
  VisibilityTimeout: number;
  SqsManagedSseEnabled: boolean;
  RedrivePolicy?: { deadLetterTargetArn: string; maxReceiveCount: number } | undefined;
}

/** As stored; bytes of attributes as base64. */
export interface StoredMessage {
  id: string;
  body: string;
  attributes: Record<string, { DataType: string; StringValue?: string; BinaryValue?: string }>;
  sentAt: number;
  visibleAt: number;
  receives: number;
  firstReceivedAt?: number;
  receipt?: string;
  /** The queue that gave it up. */
  sourceArn?: string;
  /** `AWSTraceHeader`. */
  traceHeader?: string;
}

/** Milliseconds since 1970. */
export interface QueueTimes {
  created: number;
  /** Of the last change of a setting. */
  modified: number;
}

/** Between two purges of a queue. */
const PURGE_MS = 60_000;

/**
 * A standard queue. A message is on disk before SendMessage returns, and stays until it is deleted or too
 * old.
 */
export class Queue {
  readonly name: string;
  readonly arn: string;
  settings: QueueSettings;
  /** JSON text of the resource policy. */
  policy: string | undefined;
  times: QueueTimes;
  #purgedAt = Number.NEGATIVE_INFINITY;
  readonly #messages: Collection<StoredMessage>;
  readonly #clock: Clock;
  readonly #wake = new Set<() => void>();

  constructor(world: World, name: string, settings: QueueSettings, times: QueueTimes) {
    this.name = name;
    this.times = times;
    this.arn = arnOf('sqs', world, name);
    this.settings = settings;
    this.#messages = new Collection(join(world.folder('sqs'), 'messages', name));
    this.#clock = world.clock;
  }

  send(
    message: Pick<StoredMessage, 'body' | 'attributes' | 'traceHeader'>,
    delaySeconds?: number,
  ): StoredMessage {
    const now = this.#clock.now();
    const stored: StoredMessage = {
      ...message,
      id: randomUUID(),
      sentAt: now,
      visibleAt: now + (delaySeconds ?? this.settings.DelaySeconds) * 1000,
      receives: 0,
    };
    this.#messages.put(stored.id, stored);
    this.#notify();
    return stored;
  }

  /** Takes a message from another queue. It keeps its id and the time at which it was sent. */
  take({ receipt: _, firstReceivedAt: __, ...message }: StoredMessage, sourceArn: string): void {
    this.#messages.put(message.id, { ...message, sourceArn, visibleAt: this.#clock.now(), receives: 0 });
    this.#notify();
  }

  /**
   * Up to `most` visible messages, oldest first; each is hidden for `visibilityMs`.
   *
   * @param giveUp takes what was received too often
   */
  receive(most: number, visibilityMs: number, giveUp: (message: StoredMessage) => boolean): StoredMessage[] {
    const now = this.#clock.now();
    const received: StoredMessage[] = [];
    for (const message of this.#alive()) {
      if (received.length === most) break;
      if (message.visibleAt > now) continue;
      const limit = this.settings.RedrivePolicy?.maxReceiveCount ?? Number.POSITIVE_INFINITY;
      if (message.receives >= limit && giveUp(message)) {
        this.#messages.delete(message.id);
        continue;
      }
      const taken: StoredMessage = {
        ...message,
        receives: message.receives + 1,
        firstReceivedAt: message.firstReceivedAt ?? now,
        visibleAt: now + visibilityMs,
        receipt: `${message.id}.${randomUUID()}`,
      };
      this.#messages.put(taken.id, taken);
      received.push(taken);
    }
    return received;
  }

  /** Settles when a message may be there, at the deadline, or when the client went away. */
  wait(deadline: number, signal: AbortSignal | undefined): Promise<void> {
    const now = this.#clock.now();
    const next = this.#alive().map((message) => message.visibleAt);
    const until = Math.max(now, Math.min(deadline, ...next.filter((at) => at > now)));
    return new Promise((resolve) => {
      const done = () => {
        cancel();
        this.#wake.delete(done);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const cancel = this.#clock.after(until - now, done);
      this.#wake.add(done);
      signal?.addEventListener('abort', done);
    });
  }

  /** The message of a receipt handle, whether or not a later receive has replaced the handle. */
  byReceipt(receipt: string): StoredMessage | undefined {
    return this.#messages.get(receipt.split('.')[0] ?? '');
  }

  delete(id: string): void {
    this.#messages.delete(id);
  }

  changeVisibility(message: StoredMessage, visibilityMs: number): void {
    this.#messages.put(message.id, { ...message, visibleAt: this.#clock.now() + visibilityMs });
    this.#notify();
  }

  /** @throws ServiceError PurgeQueueInProgress within a minute after another purge */
  purge(): void {
    const now = this.#clock.now();
    if (now - this.#purgedAt < PURGE_MS) {
      throw new ServiceError(
        'PurgeQueueInProgress',
        `Only one PurgeQueue operation on ${this.name} is allowed every 60 seconds.`,
        403,
      );
    }
    this.#purgedAt = now;
    this.clear();
  }

  clear(): void {
    for (const key of this.#messages.keys()) this.#messages.delete(key);
  }

  counts(): { visible: number; hidden: number; delayed: number } {
    const now = this.#clock.now();
    const all = this.#alive();
    const waiting = all.filter((message) => message.visibleAt > now);
    const delayed = waiting.filter((message) => message.receives === 0).length;
    return { visible: all.length - waiting.length, hidden: waiting.length - delayed, delayed };
  }

  #notify(): void {
    for (const wake of [...this.#wake]) wake();
  }

  /** Oldest first, without those past the retention, which go now. */
  #alive(): StoredMessage[] {
    const oldest = this.#clock.now() - this.settings.MessageRetentionPeriod * 1000;
    const all = this.#messages.list().map(({ value }) => value);
    for (const message of all) if (message.sentAt < oldest) this.#messages.delete(message.id);
    return all.filter((message) => message.sentAt >= oldest).sort((a, b) => a.sentAt - b.sentAt);
  }
}

export function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

/**
 * SQS's digest of message attributes (developer guide, "Calculating the MD5 message digest for message
 * attributes").
 */
export function md5OfAttributes(attributes: StoredMessage['attributes']): string {
  const hash = createHash('md5');
  const add = (bytes: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    hash.update(length).update(bytes);
  };
  for (const name of Object.keys(attributes).sort()) {
    const { DataType, StringValue, BinaryValue } = attributes[name]!;
    add(Buffer.from(name));
    add(Buffer.from(DataType));
    hash.update(Buffer.from([BinaryValue === undefined ? 1 : 2]));
    add(BinaryValue === undefined ? Buffer.from(StringValue ?? '') : Buffer.from(BinaryValue, 'base64'));
  }
  return hash.digest('hex');
}

export function toStored(given: Record<string, MessageAttributeValue>): StoredMessage['attributes'] {
  return Object.fromEntries(
    Object.entries(given).map(([name, { DataType = 'String', StringValue, BinaryValue }]) => [
      name,
      {
        DataType,
        ...(StringValue === undefined ? {} : { StringValue }),
        ...(BinaryValue === undefined ? {} : { BinaryValue: Buffer.from(BinaryValue).toString('base64') }),
      },
    ]),
  );
}

export function fromStored(stored: StoredMessage['attributes']): Record<string, MessageAttributeValue> {
  return Object.fromEntries(
    Object.entries(stored).map(([name, { BinaryValue, ...rest }]) => [
      name,
      BinaryValue === undefined ? rest : { ...rest, BinaryValue: Buffer.from(BinaryValue, 'base64') },
    ]),
  );
}
