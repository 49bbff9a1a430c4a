import { describeError, InvalidInputError } from '#core/errors.ts';
import { readArguments, usage } from './deploy/arguments.ts';
import { deploy } from './deploy/deploy.ts';

/** `npm run deploy`. Exit code 2 for a command that cannot be meant, 1 for one that failed. */
try {
  const target = readArguments(process.argv.slice(2), process.env);
  if (target === undefined) console.log(usage);
  else await deploy(target);
} catch (error) {
  console.error(describeError(error));
  const wrongUsage =
    error instanceof InvalidInputError || (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS');
  process.exitCode = wrongUsage ? 2 : 1;
}
