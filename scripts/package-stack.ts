import { spawn } from 'node:child_process';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { GraftError } from '#core/errors.ts';
import { readPrices } from '#core/prices.ts';
import { buildContainer } from './build-container.ts';
import { buildFunctions } from './build-functions.ts';
import { functionsFingerprint, keepBuiltFunctions, takeBuiltFunctions } from './built-functions.ts';
import { fingerprint, repository } from './fingerprint.ts';

export interface PackageOptions {
  stage: string;
  region: string;
  /**
   * Settings of the stack (`stage-settings.ts`) for serverless.yml, on top of this process's environment;
   * `undefined` removes a variable.
   */
  environment: Readonly<Record<string, string | undefined>>;
  /** The image's tag where it is not the digest of its content. */
  imageTag?: string;
  /** Folder for the template and the functions' archives, relative to the repository. */
  out: string;
}

/** The file that serverless writes: the template that is deployed and that the local AWS runs. */
export const templateName = 'cloudformation-template-update-stack.json';

/** Everything that decides what `serverless package` writes. */
const sources = [
  'core',
  'cloud',
  'functions',
  'statemachines',
  'infrastructure',
  'serverless.yml',
  'package-lock.json',
  'tsconfig.json',
];

/**
 * Builds the container's bundles and the whole CloudFormation template with one archive per function. Needs
 * no network and no credentials. Skipped when nothing has changed since the last time.
 *
 * @returns path of the template and the image tag that it names
 */
export async function packageStack(options: PackageOptions): Promise<{ template: string; imageTag: string }> {
  const contentDigest = await buildContainer();
  const imageTag = options.imageTag ?? contentDigest;
  const environment = { ...options.environment, GRAFT_IMAGE_TAG: imageTag };
  const settings = settingsIn({ ...process.env, ...environment });
  // Without this, only the log of the first report would show a misspelt price.
  readPrices(settings.GRAFT_INSTANCE_PRICES ?? '');
  const out = join(repository, options.out);
  const result = { template: join(out, templateName), imageTag };
  const wanted = await fingerprint(sources, [options.stage, options.region, JSON.stringify(settings)]);
  const stamp = join(out, 'fingerprint');
  if ((await readFile(stamp, 'utf8').catch(() => '')) === wanted) return result;

  // Serverless writes in place, and an interrupted build must not look finished.
  const fresh = `${out}.new`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(dirname(out), { recursive: true });
  const functions = await functionsFingerprint();
  if (!(await takeBuiltFunctions(fresh, functions))) {
    await buildFunctions(fresh);
    await keepBuiltFunctions(fresh, functions);
  }
  await runServerless(
    ['package', '--stage', options.stage, '--region', options.region, '--package', `${options.out}.new`],
    { ...environment, FUNCTIONS_ARE_BUILT: 'true' },
  );
  await writeFile(join(fresh, 'fingerprint'), wanted);
  await rm(out, { recursive: true, force: true });
  await rename(fresh, out);
  return result;
}

/** Every variable that serverless.yml may read, by name. */
function settingsIn(environment: NodeJS.ProcessEnv): Record<string, string> {
  const settings = Object.entries(environment).filter(
    (entry): entry is [string, string] => entry[0].startsWith('GRAFT_') && entry[1] !== undefined,
  );
  return Object.fromEntries(settings.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * Runs the serverless command line in the repository. Its output appears only if it fails or `inherit` is
 * set.
 */
export async function runServerless(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  stdio: 'capture' | 'inherit' = 'capture',
): Promise<void> {
  const require = createRequire(import.meta.url);
  const manifest = require.resolve('serverless/package.json');
  const { bin } = require(manifest) as { bin: Record<string, string> };
  const command = join(dirname(manifest), bin.serverless ?? Object.values(bin)[0]!);
  const child = spawn(process.execPath, [command, ...args], {
    cwd: repository,
    env: { ...process.env, ...environment },
    stdio: stdio === 'inherit' ? 'inherit' : ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) {
    throw new GraftError(
      'PackagingFailed',
      `serverless ${args[0]} ended with code ${code}\n${output.trim()}`,
    );
  }
}
