import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalAws } from '../src/aws.ts';
import type { Clock, ServiceFactory, World } from '../src/service.ts';
import { startStack } from '../src/services/cloudformation/start.ts';
import { rolesOf } from '../src/services/iam/roles.ts';

export interface HarnessOptions {
  /** What the test needs. */
  services?: readonly ServiceFactory[];
  /** A CloudFormation template to provision first (the stack `test`). */
  template?: unknown;
  /** Where the archives of its functions are. */
  folder?: string;
  clock?: Clock;
  region?: string;
  /** An existing state folder, which then stays; by default a fresh one, removed at the end. */
  state?: string;
}

/** Credentials in the SDK clients' form. */
interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

export interface Harness {
  endpoint: string;
  world: World;
  state: string;
  /** Outputs of the template. */
  outputs: Record<string, string>;
  /** A real SDK client of the local AWS; destroyed at the end. */
  client<Client extends { destroy(): void }>(
    // biome-ignore lint/suspicious/noExplicitAny: every client has a configuration type of its own
    Constructor: new (configuration: any) => Client,
    credentials?: Credentials,
  ): Client;
  stop(): Promise<void>;
}

/** A local AWS on a free port for a test. Call `stop` in `afterEach` or `afterAll`. */
export async function startLocal(options: HarnessOptions = {}): Promise<Harness> {
  const state = options.state ?? mkdtempSync(join(tmpdir(), 'graft-local-'));
  const local = await createLocalAws({
    services: options.services ?? [],
    state,
    port: 0,
    ...(options.clock === undefined ? {} : { clock: options.clock }),
    ...(options.region === undefined ? {} : { region: options.region }),
  });
  giveRoleForAll(local.world);
  const clients: { destroy(): void }[] = [];
  let outputs: Record<string, string> = {};
  try {
    if (options.template !== undefined) {
      const body = JSON.stringify(options.template);
      const folder = options.folder ?? '.serverless';
      const stack = await startStack(local.world, 'test', { body, folder });
      outputs = Object.fromEntries(stack.outputs.map(({ key, value }) => [key, value]));
    }
    await local.open();
  } catch (error) {
    await local.stop();
    if (options.state === undefined) rmSync(state, { recursive: true, force: true });
    throw error;
  }
  return {
    endpoint: local.endpoint,
    world: local.world,
    state,
    outputs,
    client(Constructor, credentials = { accessKeyId: 'test', secretAccessKey: 'test' }) {
      const client = new Constructor({
        endpoint: local.endpoint,
        region: local.world.region,
        credentials,
        forcePathStyle: true,
        maxAttempts: 1,
      });
      clients.push(client);
      return client;
    },
    async stop() {
      for (const client of clients) client.destroy();
      await local.stop();
      if (options.state === undefined) rmSync(state, { recursive: true, force: true });
    },
  };
}

/** For functions and state machines of tests that are not about permissions. */
export const ANY_ROLE = 'arn:aws:iam::000000000000:role/any';

function giveRoleForAll(world: World): void {
  rolesOf(world).put('any', {
    name: 'any',
    arn: ANY_ROLE,
    id: 'AROAANY',
    trusted: [{ services: ['lambda.amazonaws.com', 'states.amazonaws.com'], principals: [], conditions: {} }],
    policies: { all: [{ Effect: 'Allow', Action: '*', Resource: '*' }] },
  });
}
