import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { repository } from './fingerprint.ts';

/**
 * `npm run test:native`: installs TensorFlow for the CPU as a user would, and runs the tests of `model/` on
 * it. Without pip, or if pip finds no wheel, it says so and succeeds. The installation stays;
 * `graft backend remove` removes it.
 */
const graft = ['onprem-agent/bin.mjs', 'backend'];

interface Event {
  event: string;
  [field: string]: unknown;
}

/** @returns exit code, and the JSON lines that were written */
async function run(args: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  const events: Event[] = [];
  const isJson = args.includes('--json');
  const child = spawn(process.execPath, args, {
    cwd: repository,
    env: { ...process.env, ...environment },
    stdio: ['ignore', isJson ? 'pipe' : 'inherit', 'inherit'],
  });
  let text = '';
  child.stdout?.on('data', (chunk) => {
    text += chunk;
  });
  const code = await new Promise<number>((resolve) => child.once('close', (end) => resolve(end ?? 1)));
  for (const line of text.split('\n')) if (line.startsWith('{')) events.push(JSON.parse(line) as Event);
  return { code, events, last: events.at(-1) };
}

const stepsOf = (events: readonly Event[]) =>
  events.filter(({ event }) => event === 'step').map(({ step }) => step);

async function main(): Promise<number> {
  const installation = await run([...graft, 'install', '--cpu', '--json']);
  const { code, events, last } = installation;
  if (code !== 0) {
    const steps = stepsOf(events);
    const couldNotBeHad = last?.name === 'BackendInstallation' && (steps.at(-1) ?? 'download') === 'download';
    const message = `${last?.message}\n${last?.hint ?? ''}`;
    console.error(
      couldNotBeHad
        ? `The native backend is not tested, because TensorFlow cannot be had here: ${message}`
        : message,
    );
    return couldNotBeHad ? 0 : 1;
  }
  console.log(
    `TensorFlow ${last!.version}, ${last!.unchanged ? 'there already' : `installed in ${Math.round(last!.seconds as number)} s`}: ${JSON.stringify(last!.check)}`,
  );

  const again = await run([...graft, 'install', '--json']);
  if (again.last?.unchanged !== true) {
    console.error(`A second installation is not left at that: ${JSON.stringify(again.last)}`);
    return 1;
  }
  const state = await run([...graft, '--json']);
  if (!String(state.last?.name).startsWith('tensorflow')) {
    console.error(`It is installed, and not used: ${JSON.stringify(state.last)}`);
    return 1;
  }
  console.log(`In use: ${state.last!.name} on ${state.last!.device}, ${state.last!.reason}`);

  const vitest = join('node_modules', 'vitest', 'vitest.mjs');
  const { code: tests } = await run([vitest, 'run', 'test/model'], {
    GRAFT_TEST_BACKEND: String(state.last!.name),
  });
  return tests;
}

process.exitCode = await main();
