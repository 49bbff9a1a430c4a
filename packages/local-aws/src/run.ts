import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { createLocalAws } from './aws.ts';
import { banner } from './banner.ts';
import { logToFolder, logToStderr } from './log.ts';
import type { Options } from './options.ts';
import { whenToldToStop } from './processes/when-told-to-stop.ts';
import type { World } from './service.ts';
import type { StackRecord } from './services/cloudformation/records.ts';
import { startStack } from './services/cloudformation/start.ts';
import { allServices } from './services/index.ts';
import { readTemplateFile } from './template/template.ts';

/** How long services may take to stop before the process ends all the same. */
const STOP_MS = 20_000;

/**
 * Runs the local AWS, with the template's stack unless it is to start empty, until this process is told to stop. Settles once it answers requests.
 *
 * @throws LocalAwsError when the template, the port or the state folder is refused; nothing is left running then
 */
export async function runLocalAws(options: Options): Promise<void> {
  const body = options.empty ? undefined : readTemplateFile(options.template);
  mkdirSync(options.state, { recursive: true });
  const { log, file, close } = options.json ? logToStderr() : logToFolder(options.state);
  const local = await createLocalAws({
    services: allServices,
    state: options.state,
    port: options.port,
    host: options.host,
    region: options.region,
    log,
  });
  const ignoreStops = stopWhenTold(() => local.stop().finally(close));
  try {
    const { world } = local;
    let stack: StackRecord | undefined;
    if (body !== undefined) {
      stack = await startStack(world, options.stack, { body, folder: dirname(options.template) });
    }
    await local.open();
    const apiKey = await apiKeyOf(world);
    if (file === undefined) {
      const outputs = Object.fromEntries((stack?.outputs ?? []).map(({ key, value }) => [key, value]));
      console.log(JSON.stringify({ event: 'ready', endpoint: local.endpoint, outputs, apiKey }));
    } else {
      console.log(banner(stack, { endpoint: local.endpoint, region: options.region, apiKey, log: file }));
    }
  } catch (error) {
    ignoreStops();
    await local.stop();
    await close();
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

function stopWhenTold(stop: () => Promise<void>): () => void {
  let asked = false;
  return whenToldToStop(() => {
    // The second time somebody means it.
    if (asked) process.exit(1);
    asked = true;
    setTimeout(() => process.exit(1), STOP_MS).unref();
    stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  });
}
