import {
  CreateApiKeyCommand,
  CreateUsagePlanKeyCommand,
  DeleteApiKeyCommand,
  GetApiKeyCommand,
  NotFoundException,
  paginateGetUsagePlanKeys,
} from '@aws-sdk/client-api-gateway';
import { type Access, accessSchema } from '#core/api/access.ts';
import { NotFoundError } from '#core/errors.ts';
import { accessKey } from '#core/keys.ts';
import { parse } from '#core/parse.ts';
import type { KeyStack } from './stack.ts';

/** As on the command line, comma separated. */
export interface Grant {
  domains?: string | undefined;
  rights?: string | undefined;
}

/**
 * Makes a key. What it may do is written before the key opens anything.
 *
 * @returns its id, and the key itself, which is shown only here
 * @throws InvalidInputError
 */
export async function createKey(stack: KeyStack, name: string, grant: Grant) {
  const access = accessOf(name, grant);
  const { gateway, artifacts, usagePlanId, prefix } = stack;
  const { id, value } = await gateway.send(
    new CreateApiKeyCommand({ name: `${prefix}${name}`, enabled: true }),
  );
  await artifacts.writeJson(accessKey(id!), access);
  await gateway.send(new CreateUsagePlanKeyCommand({ usagePlanId, keyId: id, keyType: 'API_KEY' }));
  return { id: id!, value: value! };
}

/** Changes what a key may do; also of the key that the deployment has made. */
export async function grantKey(stack: KeyStack, id: string, grant: Grant): Promise<void> {
  const name = await nameOf(stack, id);
  await stack.artifacts.writeJson(accessKey(id), accessOf(name, grant));
}

/** The keys of the stage's usage plan, a line each: id, name, domains, rights. */
export async function listKeys({ gateway, artifacts, usagePlanId }: KeyStack): Promise<string[]> {
  const lines: string[] = [];
  for await (const { items = [] } of paginateGetUsagePlanKeys({ client: gateway }, { usagePlanId })) {
    for (const { id, name } of items) {
      const access = await artifacts.findJson(accessKey(id!), accessSchema);
      const may =
        access === undefined
          ? 'no document'
          : `${[access.domains].flat().join(',')}  ${access.rights.join(',')}`;
      lines.push(`${id}  ${name}  ${may}`);
    }
  }
  return lines;
}

/** The key opens nothing any more; then its document goes. */
export async function revokeKey(stack: KeyStack, id: string): Promise<void> {
  await nameOf(stack, id);
  await stack.gateway.send(new DeleteApiKeyCommand({ apiKey: id }));
  await stack.artifacts.delete(accessKey(id));
}

/** @throws NotFoundError also for a key of another stage */
async function nameOf({ gateway, prefix }: KeyStack, id: string): Promise<string> {
  const key = await gateway.send(new GetApiKeyCommand({ apiKey: id })).catch((error: unknown) => {
    if (error instanceof NotFoundException) return undefined;
    throw error;
  });
  const name = key?.name ?? '';
  // The deployment's own key has the stage's name alone.
  if (name === prefix.slice(0, -1)) return name;
  if (name.startsWith(prefix)) return name.slice(prefix.length);
  throw new NotFoundError(`There is no key ${id} of this stage`, {
    hint: '`npm run api-key -- list` shows the ids.',
  });
}

function accessOf(name: string, { domains, rights }: Grant): Access {
  const items = (text = '') => text.split(',').map((each) => each.trim());
  const given = {
    ...{ schemaVersion: 1, name },
    domains: domains === '*' ? '*' : items(domains),
    rights: items(rights),
  };
  const hint = 'For instance: --domains produce,clothes --rights predict';
  return parse(accessSchema, given, 'What the key may do', hint);
}
