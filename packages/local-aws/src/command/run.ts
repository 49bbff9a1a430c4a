import { mkdirSync } from 'node:fs';
import { createHost } from '../host.ts';
import { whenToldToStop } from '../processes/when-told-to-stop.ts';
import type { World } from '../service.ts';
import { allServices } from '../services/index.ts';
import { type DeployedStack, deploy } from '../start.ts';
import { readTemplateFile } from '../template/template.ts';
import { banner } from './banner.ts';
import { logToFolder, logToStderr } from './log.ts';
import type { Options } from './options.ts';

/** How long services may take to stop before the process ends all the same. */
const STOP_MS = 20_000;

/**
 * Runs the local AWS until this process is told to stop. Settles once requests are answered, after saying so
 * on standard output.
 *
 * @throws LocalAwsError when the template, the port or the state folder is refused; nothing is left running
 *   then
 */
export async function runLocalAws(options: Options): Promise<void> {
  const { template, stack: name, parameters, container, ...settings } = options;
  // Before a state folder is made for it.
  if (template !== undefined) readTemplateFile(template);
  mkdirSync(options.state, { recursive: true });
  const { log, file, close } = options.json ? logToStderr() : logToFolder(options.state);
  const host = await createHost({ ...settings, services: allServices(container), log });
  const ignoreStops = stopWhenTold(() => host.stop().finally(close));
  try {
    const { world, endpoint } = host;
    let stack: DeployedStack | undefined;
    if (template !== undefined) stack = await deploy(world, { template, stack: name, parameters });
    await host.open();
    const apiKey = await apiKeyOf(world);
    if (file === undefined) {
      console.log(JSON.stringify({ event: 'ready', endpoint, outputs: stack?.outputs ?? {}, apiKey }));
    } else {
      console.log(banner(stack, { endpoint, region: options.region, apiKey, log: file }));
    }
  } catch (error) {
    ignoreStops();
    await host.stop();
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
    // A second request does not wait for the services.
    if (asked) process.exit(1);
    asked = true;
    setTimeout(() => process.exit(1), STOP_MS).unref();
    stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  });
}
