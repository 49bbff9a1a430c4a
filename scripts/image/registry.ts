import * as z from 'zod';
import { GraftError } from '#core/errors.ts';

/** Docker Hub's address of an official image. */
const REGISTRY = 'https://registry-1.docker.io';

const tokenSchema = z.object({ token: z.string() });
const indexSchema = z.object({
  manifests: z.array(
    z.object({
      digest: z.string(),
      platform: z.object({ os: z.string(), architecture: z.string() }).optional(),
    }),
  ),
});
const manifestSchema = z.object({ config: z.object({ digest: z.string() }) });
const configSchema = z.object({ config: z.object({ Env: z.array(z.string()) }) });

const MANIFESTS = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/**
 * What a tag of the official image `node` means now: the digest of its index (all platforms), and the version
 * of Node.js in it.
 *
 * @param tag for instance `24-bookworm-slim`
 * @throws GraftError when the registry's answer is not understood
 * @see https://distribution.github.io/distribution/spec/api/
 */
export async function resolveNodeImage(
  tag: string,
  registry = REGISTRY,
): Promise<{ digest: string; version: string }> {
  const repository = `${registry}/v2/library/node`;
  let authorization: Record<string, string> = {};
  const ask = async (path: string, accept: string) => {
    const get = () =>
      fetch(`${repository}/${path}`, { headers: { accept, ...authorization } }).catch((cause: unknown) => {
        throw new GraftError('RegistryRefused', `${registry} cannot be reached`, {
          cause,
          hint: 'Name a mirror of it with --registry, or run this where Docker Hub can be reached.',
        });
      });
    let answer = await get();
    if (answer.status === 401) {
      authorization = await logIn(answer.headers.get('www-authenticate') ?? '');
      answer = await get();
    }
    if (answer.ok) return answer;
    throw new GraftError('RegistryRefused', `${repository}/${path} answers ${answer.status}`, {
      hint: 'Is there such a tag, and does this network reach the registry?',
    });
  };
  const answer = await ask(`manifests/${tag}`, MANIFESTS);
  const digest = answer.headers.get('docker-content-digest');
  if (digest === null || !/^sha256:[0-9a-f]{64}$/.test(digest)) {
    throw new GraftError('RegistryRefused', `${repository} names no digest of ${tag}`);
  }
  const { manifests } = indexSchema.parse(await answer.json());
  const ours = manifests.find(
    ({ platform }) => platform?.os === 'linux' && platform.architecture === 'amd64',
  );
  if (ours === undefined) throw new GraftError('RegistryRefused', `node:${tag} is not there for linux/amd64`);
  const manifest = manifestSchema.parse(await (await ask(`manifests/${ours.digest}`, MANIFESTS)).json());
  const { config } = configSchema.parse(await (await ask(`blobs/${manifest.config.digest}`, '*/*')).json());
  const version = config.Env.find((each) => each.startsWith('NODE_VERSION='))?.slice('NODE_VERSION='.length);
  if (version === undefined)
    throw new GraftError('RegistryRefused', `node:${tag} does not say its version of Node`);
  return { digest, version };
}

/** A token for reading, without an account. @param challenge `Bearer realm="…",service="…",scope="…"` */
async function logIn(challenge: string): Promise<Record<string, string>> {
  const fields = Object.fromEntries(
    [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]),
  );
  const { realm, ...query } = fields as { realm?: string };
  if (realm === undefined)
    throw new GraftError('RegistryRefused', 'The registry does not say where to log in');
  const answer = await fetch(`${realm}?${new URLSearchParams(query)}`);
  const { token } = tokenSchema.parse(await answer.json());
  return { authorization: `Bearer ${token}` };
}
