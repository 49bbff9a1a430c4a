import type { SageMakerContext } from '../context.ts';
import { INTERNAL_SERVER_ERROR } from '../errors.ts';
import type { EndpointRecord, VariantPlan } from '../records.ts';
import { publishEndpoint } from './events.ts';
import type { Deployment } from './fleet.ts';
import { ServingContainer, StartupFailure } from './serving-container.ts';

const FAILURE_REASON_LIMIT = 1024;

/** Brings endpoints from status to status. Each change is on disk before the work for it begins. */
export class EndpointController {
  readonly #sagemaker: SageMakerContext;
  readonly #work = new Set<Promise<void>>();

  constructor(sagemaker: SageMakerContext) {
    this.#sagemaker = sagemaker;
  }

  /** Goes on with an endpoint that is `Creating`. */
  create(name: string): void {
    this.#do(name, async (endpoint) => {
      try {
        const deployment = await this.#deploy(endpoint, endpoint.plan);
        this.#sagemaker.fleet.set(name, Promise.resolve(deployment));
        this.change(name, { status: 'InService' });
      } catch (error) {
        this.change(name, { status: 'Failed', failureReason: this.#reason(error) });
      }
    });
  }

  /**
   * Goes on with an endpoint that is `Updating`: the new containers are healthy before requests go to them; if they do not
   * become so, the old ones stay, and the endpoint is in service on its old configuration.
   */
  update(name: string): void {
    this.#do(name, async (endpoint) => {
      const { pending } = endpoint;
      const { fleet } = this.#sagemaker;
      if (pending === undefined) return;
      const before = fleet.get(name);
      try {
        const deployment = await this.#deploy(endpoint, pending.plan);
        fleet.set(name, Promise.resolve(deployment));
        this.change(name, { status: 'InService', config: pending.config, plan: pending.plan }, [
          'pending',
          'failureReason',
        ]);
        await stop(await before?.catch(() => undefined));
      } catch (error) {
        this.change(name, { status: 'RollingBack', failureReason: this.#reason(error) });
        this.change(name, { status: 'InService' }, ['pending']);
      }
    });
  }

  /** Goes on with an endpoint that is `Deleting`. */
  delete(name: string): void {
    this.#do(name, async ({ arn }) => {
      const { fleet, store } = this.#sagemaker;
      const deployment = await fleet.get(name)?.catch(() => undefined);
      fleet.delete(name);
      await stop(deployment);
      store.endpoints.delete(name);
      store.tags.delete(arn);
    });
  }

  /** Starts what was in service when the local AWS ended, and takes up what it was doing. */
  resume(): void {
    for (const { key: name, value: endpoint } of this.#sagemaker.store.endpoints.list()) {
      switch (endpoint.status) {
        case 'Creating':
          this.create(name);
          break;
        case 'Deleting':
          this.delete(name);
          break;
        case 'Failed':
          break;
        default:
          this.#startAgain(name, endpoint);
      }
    }
  }

  /** Records a change of status and tells the bus. */
  change(name: string, changes: Partial<EndpointRecord>, without: (keyof EndpointRecord)[] = []): void {
    const { store, world } = this.#sagemaker;
    const before = store.endpoints.get(name);
    if (before === undefined || this.#closed) return;
    const after: EndpointRecord = { ...before, ...changes, modified: world.clock.now() };
    for (const member of without) delete after[member];
    store.endpoints.put(name, after);
    publishEndpoint(this.#sagemaker, after);
  }

  /** Ends every container; records stay for `resume`. */
  async close(): Promise<void> {
    const { supervisor, fleet } = this.#sagemaker;
    await supervisor.stopAll(0);
    await Promise.allSettled(this.#work);
    for (const deployment of await fleet.all()) await stop(deployment, 0);
  }

  get #closed(): boolean {
    return this.#sagemaker.closing.aborted;
  }

  /** `SystemUpdating` is SageMaker's name for maintenance in which nothing may be changed and requests are still taken. */
  #startAgain(name: string, endpoint: EndpointRecord): void {
    const { fleet } = this.#sagemaker;
    this.change(name, { status: 'SystemUpdating' });
    const deployment = this.#deploy(endpoint, endpoint.plan);
    fleet.set(name, deployment);
    this.#do(name, async () => {
      try {
        await deployment;
        const updating = endpoint.status === 'Updating' && endpoint.pending !== undefined;
        if (updating) {
          this.change(name, { status: 'Updating' });
          this.update(name);
        } else {
          this.change(name, { status: 'InService' }, ['pending']);
        }
      } catch (error) {
        fleet.delete(name);
        this.change(name, { status: 'Failed', failureReason: this.#reason(error) }, ['pending']);
      }
    });
  }

  async #deploy({ name }: EndpointRecord, plan: readonly VariantPlan[]): Promise<Deployment> {
    const started = await Promise.allSettled(
      plan.map((variant) => ServingContainer.start(this.#sagemaker, name, variant)),
    );
    const containers = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const failed = started.find((one) => one.status === 'rejected');
    if (failed === undefined && !this.#closed) return { containers };
    await stop({ containers }, 0);
    throw failed?.reason ?? new Error('the local AWS stops');
  }

  #do(name: string, work: (endpoint: EndpointRecord) => Promise<void>): void {
    const endpoint = this.#sagemaker.store.endpoints.get(name);
    if (endpoint === undefined) return;
    const done = work(endpoint)
      .catch((error: unknown) =>
        this.#sagemaker.world.log.error({ err: error, endpoint: name }, 'work on an endpoint broke'),
      )
      .finally(() => this.#work.delete(done));
    this.#work.add(done);
  }

  #reason(error: unknown): string {
    if (error instanceof StartupFailure) return error.message.slice(0, FAILURE_REASON_LIMIT);
    if (!this.#closed) this.#sagemaker.world.log.error({ err: error }, 'an endpoint could not be started');
    return `${INTERNAL_SERVER_ERROR} (${(error as Error).message})`.slice(0, FAILURE_REASON_LIMIT);
  }
}

async function stop(deployment: Deployment | undefined, graceMs?: number): Promise<void> {
  await Promise.all((deployment?.containers ?? []).map((container) => container.stop(graceMs)));
}
