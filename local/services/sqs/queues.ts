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

  add(name: string, settings: QueueSettings): Queue {
    const arn = `arn:aws:sqs:${this.#world.region}:${this.#world.accountId}:${name}`;
    const queue = new Queue(name, arn, settings, this.#world.folder('sqs'), this.#world.clock);
    this.#byName.set(name, queue);
    return queue;
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
  byUrl(url: string | undefined): Queue {
    const [account, name] = (url ?? '').split('/').slice(-2);
    if (name === undefined || account !== this.#world.accountId) return this.named('');
    return this.named(name);
  }
}
