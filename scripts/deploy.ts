import { describeError } from '#core/errors.ts';
import { readArguments, usage } from './deploy/arguments.ts';
import { deploy } from './deploy/deploy.ts';
import { isWrongUsage } from './wrong-usage.ts';

// The SDK's versions are pinned, so its notice about later versions of Node.js does not matter, here or in
// what osls prints.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

/** `npm run deploy`. Exit code 2 for wrong usage, 1 for a failure. */
try {
  const target = await readArguments(process.argv.slice(2), process.env);
  if (target === undefined) console.log(usage);
  else await deploy(target);
} catch (error) {
  console.error(describeError(error));
  process.exitCode = isWrongUsage(error) ? 2 : 1;
}
