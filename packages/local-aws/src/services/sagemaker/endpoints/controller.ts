import type { SageMakerContext } from '../context.ts';
import { INTERNAL_SERVER_ERROR } from '../errors.ts';
import type { EndpointRecord, VariantPlan } from '../records.ts';
import { publishEndpoint } from './events.ts';
import type { Deployment } from './fleet.ts';
import { RolledBack, stepsOf, watchAlarms } from './rollout.ts';
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
        const deployment = await this.#deploy(endpoint, endpoint.config, endpoint.plan);
        this.#sagemaker.fleet.set(name, Promise.resolve(deployment));
        this.change(name, { status: 'InService' });
      } catch (error) {
        this.change(name, { status: 'Failed', failureReason: this.#reason(error) });
      }
    });
  }

  /**
   * Continues an endpoint that is `Updating`. New containers must be healthy before they get requests, step
   * by step. If they do not become healthy, or an alarm goes off, the endpoint stays in service with its old
   * configuration.
   */
  update(name: string): void {
    this.#do(name, async (endpoint) => {
      const { pending } = endpoint;
      const { fleet } = this.#sagemaker;
      if (pending === undefined) return;
      const before = await fleet.get(name)?.catch(() => undefined);
      let deployment: Deployment | undefined;
      try {
        deployment = await this.#deploy(endpoint, pending.config, pending.plan);
        await this.#shift(name, before, deployment, pending);
        this.change(name, { status: 'InService', config: pending.config, plan: pending.plan }, [
          'pending',
          'failureReason',
        ]);
        await stop(before);
      } catch (error) {
        this.change(name, { status: 'RollingBack', failureReason: this.#reason(error) });
        if (before === undefined) fleet.delete(name);
        else {
          delete before.next;
          fleet.set(name, Promise.resolve(before));
        }
        this.change(name, { status: 'InService' }, ['pending']);
        await stop(deployment, this.#closed ? 0 : undefined);
      }
    });
  }

  /** Moves requests from the old containers to the new ones, watching after each step. */
  async #shift(
    name: string,
    before: Deployment | undefined,
    deployment: Deployment,
    pending: NonNullable<EndpointRecord['pending']>,
  ): Promise<void> {
    const { fleet } = this.#sagemaker;
    const begun = pending.started;
    const roleArn = pending.plan[0]!.roleArn;
    for (const { share, waitMs } of stepsOf(pending.deployment, pending.plan)) {
      if (share >= 1 || before === undefined) fleet.set(name, Promise.resolve(deployment));
      else before.next = { deployment, share, owed: 0 };
      if (waitMs === 0) continue;
      this.#note(name, { ...pending, stage: 'Baking' });
      await watchAlarms(this.#sagemaker, pending.deployment, { waitMs, begun, roleArn });
    }
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

  /** Records how far an update is, of which SageMaker sends no event. */
  #note(name: string, pending: NonNullable<EndpointRecord['pending']>): void {
    const { store } = this.#sagemaker;
    const record = store.endpoints.get(name);
    if (record !== undefined && !this.#closed) store.endpoints.put(name, { ...record, pending });
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

  /** `SystemUpdating` is SageMaker's status for maintenance: requests are served, changes are refused. */
  #startAgain(name: string, endpoint: EndpointRecord): void {
    const { fleet } = this.#sagemaker;
    this.change(name, { status: 'SystemUpdating' });
    const deployment = this.#deploy(endpoint, endpoint.config, endpoint.plan, true);
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

  /** @param asleep serverless variants, which have been healthy before, start with the first request only */
  async #deploy(
    { name }: EndpointRecord,
    config: string,
    plan: readonly VariantPlan[],
    asleep = false,
  ): Promise<Deployment> {
    const started = await Promise.allSettled(
      plan.map((variant) =>
        ServingContainer.start(this.#sagemaker, `/aws/sagemaker/Endpoints/${name}`, variant, { asleep }),
      ),
    );
    const containers = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const failed = started.find((one) => one.status === 'rejected');
    if (failed === undefined && !this.#closed) return { config, containers };
    await stop({ config, containers }, 0);
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
    if (error instanceof StartupFailure || error instanceof RolledBack)
      return error.message.slice(0, FAILURE_REASON_LIMIT);
    if (!this.#closed) this.#sagemaker.world.log.error({ err: error }, 'an endpoint could not be started');
    return `${INTERNAL_SERVER_ERROR} (${(error as Error).message})`.slice(0, FAILURE_REASON_LIMIT);
  }
}

async function stop(deployment: Deployment | undefined, graceMs?: number): Promise<void> {
  await Promise.all((deployment?.containers ?? []).map((container) => container.stop(graceMs)));
}
