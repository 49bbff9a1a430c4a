import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { generateSigningKeys, publicKeyOf, publicKeysOf } from '#core/signature.ts';
import { readSigningKey } from '../onprem-agent/model-folder/signing-key.ts';
import { repository } from './fingerprint.ts';
import { packageStack } from './package-stack.ts';

/** Generated state of this checkout; git ignores it. */
export const graftFolder = join(repository, '.graft');

/** Region and stage of the local AWS. */
export const localRegion = 'eu-central-1';
export const localStage = 'dev';

/**
 * The key that signs models on this machine: made once, kept beside the local AWS's state, trusted by the
 * local stack only.
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
 * Whose models the local stack accepts: those of this checkout, of the key that `graft keygen` has made for
 * this person, and of whatever GRAFT_SIGNING_PUBLIC_KEYS lists, as for a deployment.
 */
export async function localPublicKeys(
  development: string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<string[]> {
  // One that cannot be read is a matter for `graft push`, which needs it.
  const own = await readSigningKey(undefined, environment).catch(() => undefined);
  return [
    ...new Set([
      development,
      ...(own === undefined ? [] : [publicKeyOf(own)]),
      ...publicKeysOf(environment.GRAFT_SIGNING_PUBLIC_KEYS ?? ''),
    ]),
  ];
}

/**
 * The stack as the local AWS runs it: packaged as for AWS, trusting the development key and those of
 * `localPublicKeys`.
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

/** Environment in which every AWS client, ours or the AWS CLI, talks to the local AWS and to nothing else. */
export function localEnvironment(endpoint: string): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = {
    ...process.env,
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: localRegion,
    AWS_DEFAULT_REGION: localRegion,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  // A profile or session of the person's own would win over the keys above.
  delete environment.AWS_PROFILE;
  delete environment.AWS_SESSION_TOKEN;
  return environment;
}
