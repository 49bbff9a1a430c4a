import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { ServiceError, type World } from '../../service.ts';
import { Collection } from '../../store/collection.ts';
import { Queue, type QueueSettings, type QueueTimes } from './queue.ts';

/** What is kept of a queue besides its messages. */
interface QueueRecord extends QueueTimes {
  settings: QueueSettings;
}

/** The queues of the template. */
export class Queues {
  readonly #world: World;
  readonly #byName = new Map<string, Queue>();
  readonly #records: Collection<QueueRecord>;

  constructor(world: World) {
    this.#world = world;
    this.#records = new Collection(join(world.folder('sqs'), 'queues'));
  }

  url(name: string): string {
    return `${this.#world.endpoint}/${this.#world.accountId}/${name}`;
  }

  has(name: string): boolean {
    return this.#byName.has(name);
  }

  /** Makes the queue, or changes its settings. */
  put(name: string, settings: QueueSettings): Queue {
    const times = this.#timesOf(name, settings);
    let queue = this.#byName.get(name);
    if (queue === undefined) {
      queue = new Queue(this.#world, name, settings, times);
      this.#byName.set(name, queue);
    } else {
      queue.settings = settings;
      queue.times = times;
    }
    return queue;
  }

  /** With its messages. */
  delete(url: string): void {
    const queue = this.find(url);
    if (queue === undefined) return;
    queue.clear();
    this.#byName.delete(queue.name);
    this.#records.delete(queue.name);
  }

  /** A queue that the template had before keeps its time of creation. */
  #timesOf(name: string, settings: QueueSettings): QueueTimes {
    const now = this.#world.clock.now();
    const known = this.#records.get(name);
    // As it comes back from the disk: without what is undefined.
    const plain = JSON.parse(JSON.stringify(settings)) as QueueSettings;
    if (known !== undefined && isDeepStrictEqual(known.settings, plain)) return known;
    const record = { created: known?.created ?? now, modified: now, settings: plain };
    this.#records.put(name, record);
    return record;
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
