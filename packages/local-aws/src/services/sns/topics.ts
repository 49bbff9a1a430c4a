import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { ServiceError, type World } from '../../service.ts';
import { Collection } from '../../store/collection.ts';
import { fileNameOf } from '../../store/file-name.ts';
import { Journal } from '../../store/journal.ts';

/** A topic keeps this many messages to be read back. When there are more, the older half is dropped. */
const MOST_MESSAGES = 1000;

export interface PublishedMessage {
  messageId: string;
  timestamp: string;
  subject?: string;
  message: string;
  /** Text by protocol, with `MessageStructure: json`. */
  structured?: Record<string, string>;
  attributes: Record<string, { Type: string; Value: string }>;
}

export interface Subscription {
  arn: string;
  topicArn: string;
  protocol: 'sqs' | 'lambda';
  endpoint: string;
  raw: boolean;
}

export interface Topic {
  name: string;
  arn: string;
  displayName: string;
  policy?: string;
  messages: Journal<PublishedMessage>;
}

/** The template's topics, what was published to them, and who is subscribed. */
export class Topics {
  readonly #world: World;
  readonly #byArn = new Map<string, Topic>();
  readonly #subscriptions: Collection<Subscription>;

  constructor(world: World) {
    this.#world = world;
    this.#subscriptions = new Collection(join(world.folder('sns'), 'subscriptions'));
  }

  arn(name: string): string {
    return `arn:aws:sns:${this.#world.region}:${this.#world.accountId}:${name}`;
  }

  has(arn: string): boolean {
    return this.#byArn.has(arn);
  }

  /** Makes the topic, or changes its display name. */
  put(name: string, displayName: string): void {
    const arn = this.arn(name);
    const known = this.#byArn.get(arn);
    if (known !== undefined) {
      known.displayName = displayName;
      return;
    }
    const path = join(this.#world.folder('sns'), 'messages', `${fileNameOf(name)}.jsonl`);
    this.#byArn.set(arn, { name, arn, displayName, messages: new Journal<PublishedMessage>(path) });
  }

  /** With its messages and subscriptions. */
  delete(arn: string): void {
    this.#byArn.get(arn)?.messages.clear();
    this.#byArn.delete(arn);
    for (const subscription of this.subscriptions(arn)) this.unsubscribe(subscription.arn);
  }

  list(): Topic[] {
    return [...this.#byArn.values()].sort((a, b) => (a.arn < b.arn ? -1 : 1));
  }

  /** @throws ServiceError `NotFound` */
  get(arn: string | undefined): Topic {
    const topic = this.#byArn.get(arn ?? '');
    if (topic === undefined) throw new ServiceError('NotFound', 'Topic does not exist', 404);
    return topic;
  }

  remember(topic: Topic, message: PublishedMessage): void {
    topic.messages.append(message);
    const all = topic.messages.entries();
    if (all.length <= MOST_MESSAGES) return;
    const kept = all.slice(-MOST_MESSAGES / 2);
    topic.messages.clear();
    topic.messages.append(...kept);
  }

  /** The same protocol and endpoint give the same subscription, with its settings changed. */
  subscribe(topicArn: string, protocol: string, endpoint: string, raw: boolean): Subscription {
    const { arn } = this.get(topicArn);
    if (protocol !== 'sqs' && protocol !== 'lambda') {
      throw new ServiceError(
        'InvalidParameter',
        `The local AWS delivers to sqs and lambda, not to "${protocol}"`,
      );
    }
    if (endpoint.split(':')[2] !== protocol) {
      throw new ServiceError(
        'InvalidParameter',
        `Invalid parameter: Endpoint Reason: "${endpoint}" is no ${protocol} ARN`,
      );
    }
    const known = this.find(arn, protocol, endpoint);
    const subscription: Subscription = {
      arn: known?.arn ?? `${arn}:${randomUUID()}`,
      topicArn: arn,
      protocol,
      endpoint,
      raw,
    };
    this.#subscriptions.put(subscription.arn, subscription);
    return subscription;
  }

  find(topicArn: string, protocol: string, endpoint: string): Subscription | undefined {
    return this.subscriptions(topicArn).find((one) => one.protocol === protocol && one.endpoint === endpoint);
  }

  unsubscribe(arn: string): void {
    this.#subscriptions.delete(arn);
  }

  subscriptions(topicArn?: string): Subscription[] {
    return this.#subscriptions
      .list()
      .map(({ value }) => value)
      .filter((one) => topicArn === undefined || one.topicArn === topicArn);
  }
}
