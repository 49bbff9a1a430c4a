import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Logger } from 'pino';
import type { ContainerOptions } from './container.ts';
import { createHost, type Host } from './host.ts';
import type { Caller, Clock, ServiceFactory, World } from './service.ts';
import { startStack } from './services/cloudformation/start.ts';
import { allServices } from './services/index.ts';
import { readTemplateFile } from './template/template.ts';

/** A CloudFormation template, and how to make a stack of it. */
export interface Deployment {
  /** Path of a file in JSON or YAML, or the template itself. */
  template: string | object;
  /** Name of the stack, by default `local`. */
  stack?: string;
  /** Values of the template's parameters. */
  parameters?: Record<string, string>;
  /** Folder with the archives of the template's functions, by default the template file's own. */
  folder?: string;
}

/** A stack that was made. */
export interface DeployedStack {
  name: string;
  /** The template's outputs. */
  outputs: Record<string, string>;
  /** In the order in which they were made; `physicalId` is what `Ref` gives. */
  resources: readonly { logicalId: string; type: string; physicalId: string }[];
}

export interface LocalAwsOptions extends Partial<Deployment> {
  /** Port of all services on this machine, by default any free one. */
  port?: number;
  /** Address to listen on, by default 127.0.0.1. No request is authenticated, so keep it local. */
  host?: string;
  /**
   * Folder of everything that is kept between runs: objects, stacks, executions, logs. Created where it is
   * missing, used by one process at a time. By default a temporary folder, which `stop` removes.
   */
  state?: string;
  /** Region in every ARN, by default eu-central-1. */
  region?: string;
  /** Programs that run for SageMaker's training jobs and endpoints; without them those fail. */
  container?: ContainerOptions;
  /** By default the machine's clock. `local-aws/testing` has clocks that a test moves. */
  clock?: Clock;
  /** By default nothing is logged. */
  log?: Logger;
  /** By default all services, which `container` configures. `local-aws/services` has each of them. */
  services?: readonly ServiceFactory[];
}

/** Credentials as the SDK's clients take them. */
export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

/** A running local AWS. */
export interface LocalAws {
  /** Base URL of every service, for instance `http://127.0.0.1:4566`. */
  readonly endpoint: string;
  readonly region: string;
  readonly accountId: string;
  /** Absolute path of the state folder. */
  readonly state: string;
  /** Outputs of the template that it was started with; empty without one. */
  readonly outputs: Record<string, string>;
  /** The stack that it was started with. */
  readonly stack: DeployedStack | undefined;
  /** The services' common ground: clock, event bus, calls within the process. */
  readonly world: World;
  /**
   * A client of the AWS SDK for JavaScript (v3) that talks to this local AWS and tries each request once.
   * `stop` destroys it.
   *
   * @example
   * const s3 = local.client(S3Client);
   */
  client<Client extends { destroy(): void }>(
    // biome-ignore lint/suspicious/noExplicitAny: every client has a configuration type of its own
    Constructor: new (configuration: any) => Client,
    credentials?: Credentials,
  ): Client;
  /**
   * Calls an operation without HTTP, validated as over HTTP.
   *
   * @param service signing name, for instance `states`
   * @param caller with `roleArn`, the role's policies apply
   * @throws ServiceError as the service answers
   */
  call(service: string, operation: string, input: unknown, caller?: Caller): Promise<unknown>;
  /**
   * Makes a further stack, or changes the one of that name.
   *
   * @throws LocalAwsError listing everything that was refused
   */
  deploy(deployment: Deployment): Promise<DeployedStack>;
  /** Stops services and child processes, and closes the port. */
  stop(): Promise<void>;
}

/**
 * Starts the local AWS in this process. Settles when every resource of the template is there and requests are
 * answered.
 *
 * @throws InvalidInputError when the template or an option is refused, or the port is in use
 * @throws BusyError when another process uses the state folder
 * @example
 * const local = await startLocalAws({ template: 'stack.yml' });
 * const { Buckets } = await local.client(S3Client).send(new ListBucketsCommand({}));
 * await local.stop();
 */
export function startLocalAws(options: LocalAwsOptions = {}): Promise<LocalAws> {
  return startWithSetup(options, () => {});
}

/** As `startLocalAws`. `setUp` is called once the services exist, before the template is provisioned. */
export async function startWithSetup(
  options: LocalAwsOptions,
  setUp: (world: World) => void,
): Promise<LocalAws> {
  const { template, stack: name, parameters, folder, container, services, port = 0, ...settings } = options;
  const state = resolve(options.state ?? mkdtempSync(join(tmpdir(), 'local-aws-')));
  const removeTemporary = () => {
    if (options.state === undefined) rmSync(state, { recursive: true, force: true });
  };
  let host: Host | undefined;
  try {
    host = await createHost({ ...settings, services: services ?? allServices(container), state, port });
    const { world } = host;
    setUp(world);
    const stack =
      template === undefined
        ? undefined
        : await deploy(world, { template, ...defined({ stack: name, parameters, folder }) });
    await host.open();
    return running(host, state, stack, removeTemporary);
  } catch (error) {
    await host?.stop();
    removeTemporary();
    throw error;
  }
}

function running(
  host: Host,
  state: string,
  stack: DeployedStack | undefined,
  removeTemporary: () => void,
): LocalAws {
  const { world, endpoint } = host;
  const clients: { destroy(): void }[] = [];
  return {
    ...{ endpoint, world, state, stack },
    region: world.region,
    accountId: world.accountId,
    outputs: stack?.outputs ?? {},
    client(Constructor, credentials = { accessKeyId: 'local', secretAccessKey: 'local' }) {
      const { region } = world;
      const client = new Constructor({ endpoint, region, credentials, forcePathStyle: true, maxAttempts: 1 });
      clients.push(client);
      return client;
    },
    call: (service, operation, input, caller) => world.call(service, operation, input, caller),
    deploy: (deployment) => deploy(world, deployment),
    async stop() {
      for (const client of clients) client.destroy();
      await host.stop();
      removeTemporary();
    },
  };
}

/** As `LocalAws.deploy`. */
export async function deploy(
  world: World,
  { template, stack = 'local', folder, parameters }: Deployment,
): Promise<DeployedStack> {
  const file = typeof template === 'string' ? resolve(template) : undefined;
  const record = await startStack(world, stack, {
    body: file === undefined ? JSON.stringify(template) : readTemplateFile(file),
    // Functions run in folders of their own, where a relative path would lead elsewhere.
    folder: resolve(folder ?? (file === undefined ? '.' : dirname(file))),
    ...defined({ parameters }),
  });
  return {
    name: stack,
    outputs: Object.fromEntries(record.outputs.map(({ key, value }) => [key, value])),
    resources: record.resources.map(({ logicalId, type, physicalId }) => ({ logicalId, type, physicalId })),
  };
}

/** Without the members that are undefined, as `exactOptionalPropertyTypes` wants it. */
function defined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}
