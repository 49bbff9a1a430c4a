import { ServiceError, type World } from '../../service.ts';
import { Queue, type QueueSettings } from './queue.ts';

/** The queues of the template. */
export class Queues {
  readonly #world: World;
  readonly #byName = new Map<string, Queue>();

  constructor(world: World) {
    this.#world = world;
  }

  url(name: string): string {
    return `${this.#world.endpoint}/${this.#world.accountId}/${name}`;
  }

  has(name: string): boolean {
    return this.#byName.has(name);
  }

  /** Makes the queue, or changes its settings. */
  put(name: string, settings: QueueSettings): Queue {
    let queue = this.#byName.get(name);
    if (queue === undefined) {
      const arn = `arn:aws:sqs:${this.#world.region}:${this.#world.accountId}:${name}`;
      queue = new Queue(name, arn, settings, this.#world.folder('sqs'), this.#world.clock);
      this.#byName.set(name, queue);
    } else queue.settings = settings;
    return queue;
  }

  /** With its messages. */
  delete(url: string): void {
    const queue = this.find(url);
    queue?.purge();
    if (queue !== undefined) this.#byName.delete(queue.name);
  }

  list(prefix = ''): Queue[] {
    return [...this.#byName.values()]
      .filter((queue) => queue.name.startsWith(prefix))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** @throws ServiceError `QueueDoesNotExist` */
  named(name: string): Queue {
    const queue = this.#byName.get(name);
    if (queue === undefined) {
      throw new ServiceError('QueueDoesNotExist', 'The specified queue does not exist.');
    }
    return queue;
  }

  /** The host of a URL does not matter: a queue may have been written down under another port. */
  find(url: string | undefined): Queue | undefined {
    const [account, name] = (url ?? '').split('/').slice(-2);
    return account === this.#world.accountId ? this.#byName.get(name ?? '') : undefined;
  }

  /** @throws ServiceError `QueueDoesNotExist` */
  byUrl(url: string | undefined): Queue {
    return this.named(this.find(url)?.name ?? '');
  }
}
