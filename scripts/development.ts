import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { generateSigningKeys, publicKeyOf, publicKeysOf } from '#core/signature.ts';
import { knownSigningKey } from '../onprem-agent/model-folder/signing-key.ts';
import { repository } from './fingerprint.ts';
import { packageStack } from './package-stack.ts';

/** Generated state of this checkout; git ignores it. */
export const graftFolder = join(repository, '.graft');

/** Region and stage of the local AWS. */
export const localRegion = 'eu-central-1';
export const localStage = 'dev';

/**
 * The key that signs models on this machine. It is made once, kept beside the local AWS's state, and trusted
 * by the local stack only.
 */
export async function developmentSigningKey(): Promise<{ path: string; publicKey: string }> {
  const path = join(graftFolder, 'signing-key.pem');
  const existing = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (existing !== undefined) return { path, publicKey: publicKeyOf(existing) };
  const keys = generateSigningKeys();
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, keys.privateKey, { mode: 0o600, flag: 'wx' });
  return { path, publicKey: keys.publicKey };
}

/**
 * Public keys that the local stack trusts: this checkout's, the user's own from `graft keygen`, and those in
 * GRAFT_SIGNING_PUBLIC_KEYS, as in a deployment.
 */
export async function localPublicKeys(
  development: string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<string[]> {
  // A key that cannot be read is no error here: `graft push` reports it.
  const own = await knownSigningKey(undefined, environment).catch(() => undefined);
  return [
    ...new Set([
      development,
      ...(own?.publicKey === undefined ? [] : [own.publicKey]),
      ...publicKeysOf(environment.GRAFT_SIGNING_PUBLIC_KEYS ?? ''),
    ]),
  ];
}

/**
 * Packages the stack for the local AWS, as for AWS. It trusts the keys of `localPublicKeys`.
 */
export async function packageLocalStack(publicKey: string): Promise<string> {
  const { template } = await packageStack({
    stage: localStage,
    region: localRegion,
    environment: { GRAFT_SIGNING_PUBLIC_KEYS: (await localPublicKeys(publicKey)).join(',') },
    out: '.build/local-stack',
  });
  return template;
}

/** Environment in which the SDK and the AWS CLI talk to the local AWS only. */
export function localEnvironment(endpoint: string): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = {
    ...process.env,
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: localRegion,
    AWS_DEFAULT_REGION: localRegion,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_EC2_METADATA_DISABLED: 'true',
    // A service of this person (`graft watch`) does not upload to the local AWS.
    GRAFT_STATE: join(repository, '.graft', 'state'),
  };
  // The user's own profile or session would take precedence over the keys above.
  delete environment.AWS_PROFILE;
  delete environment.AWS_SESSION_TOKEN;
  return environment;
}
