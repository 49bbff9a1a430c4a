import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pino } from 'pino';
import { describeError } from '#core/errors.ts';
import { createLocalAws, type LocalAws } from './aws.ts';
import { banner } from './banner.ts';
import { type Options, parseOptions, usage } from './options.ts';
import type { World } from './service.ts';
import { recordStack } from './services/cloudformation/stacks.ts';
import { allServices } from './services/index.ts';
import { provisionStack } from './template/provision.ts';
import { readTemplate } from './template/template.ts';

/** How long services may take to stop before the process ends all the same. */
const STOP_MS = 20_000;

try {
  const options = parseOptions(process.argv.slice(2), process.env);
  if (options.help) console.log(usage);
  else await run(options);
} catch (error) {
  console.error(describeError(error));
  process.exit(1);
}

async function run(options: Options): Promise<void> {
  const template = readTemplate(options.template);
  mkdirSync(options.state, { recursive: true });
  const logFile = join(options.state, 'local.log');
  const log = pino({ level: 'info' }, pino.destination(options.json ? 2 : logFile));
  const local = await createLocalAws({
    services: allServices(dirname(options.template)),
    state: options.state,
    port: options.port,
    host: options.host,
    region: options.region,
    log,
  });
  stopOnSignals(local);
  try {
    const { world } = local;
    const stack = await provisionStack(template, {
      name: options.stack,
      world,
      services: local.services.all(),
    });
    recordStack(world, stack);
    await local.open();
    const apiKey = await apiKeyOf(world);
    if (options.json) {
      const outputs = Object.fromEntries(stack.outputs.map(({ key, value }) => [key, value]));
      console.log(JSON.stringify({ event: 'ready', endpoint: local.endpoint, outputs, apiKey }));
    } else {
      console.log(banner(stack, { endpoint: local.endpoint, region: options.region, apiKey, log: logFile }));
    }
  } catch (error) {
    await local.stop();
    throw error;
  }
}

/** Value of the template's first API key, empty when it has none. */
async function apiKeyOf(world: World): Promise<string> {
  try {
    const keys = (await world.call('apigateway', 'GetApiKeys', { includeValues: true })) as {
      items?: { value?: string }[];
    };
    return keys.items?.[0]?.value ?? '';
  } catch {
    return '';
  }
}

function stopOnSignals(local: LocalAws): void {
  let asked = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      // The second time somebody means it.
      if (asked) process.exit(1);
      asked = true;
      setTimeout(() => process.exit(1), STOP_MS).unref();
      local.stop().then(
        () => process.exit(0),
        () => process.exit(1),
      );
    });
  }
}
