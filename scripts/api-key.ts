import { parseArgs } from 'node:util';
import { describeError, InvalidInputError } from '#core/errors.ts';
import { createKey, grantKey, listKeys, revokeKey } from './api-keys/keys.ts';
import { openStack } from './api-keys/stack.ts';
import { checkStageName } from './stage-name.ts';
import { isWrongUsage } from './wrong-usage.ts';

const usage = `npm run api-key -- create NAME --domains produce,clothes --rights predict [--stage dev]
npm run api-key -- grant ID --domains '*' --rights predict,read,operate
npm run api-key -- list
npm run api-key -- revoke ID

Makes, changes, lists and revokes keys of the REST API. "create" prints the key itself, once and nowhere else.
A change counts within a minute; a revoked key opens nothing at once.

  --domains LIST   domains that the key is for, or '*' for all
  --rights LIST    predict, read, operate
  --stage NAME     dev
  --region NAME    AWS_REGION`;

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      domains: { type: 'string' },
      rights: { type: 'string' },
      stage: { type: 'string', default: 'dev' },
      region: { type: 'string', default: process.env.AWS_REGION },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) console.log(usage);
  else await run(positionals, values);
} catch (error) {
  console.error(describeError(error));
  process.exitCode = isWrongUsage(error) ? 2 : 1;
}

interface Options {
  domains?: string | undefined;
  rights?: string | undefined;
  stage: string;
  region?: string | undefined;
}

async function run([verb, subject, ...rest]: string[], options: Options): Promise<void> {
  const stage = checkStageName(options.stage, 'npm run api-key -- list --stage dev');
  if (rest.length > 0) throw new InvalidInputError(`Which key, and what of it?\n\n${usage}`);
  const named = () => {
    if (subject === undefined) throw new InvalidInputError(`Which key, and what of it?\n\n${usage}`);
    return subject;
  };
  const stack = () => openStack(stage, options.region);
  if (verb === 'list' && subject === undefined) {
    for (const key of await listKeys(await stack())) console.log(key);
  } else if (verb === 'create') {
    const { id, value } = await createKey(await stack(), named(), options);
    console.log(`${id}  ${value}`);
  } else if (verb === 'grant') {
    await grantKey(await stack(), named(), options);
  } else if (verb === 'revoke') {
    await revokeKey(await stack(), named());
  } else {
    throw new InvalidInputError(`Which key, and what of it?\n\n${usage}`);
  }
}
