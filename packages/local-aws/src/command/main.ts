import { describeError } from '../errors.ts';
import { type CommandDefaults, parseOptions, usage } from './options.ts';
import { runLocalAws } from './run.ts';

const defaults: CommandDefaults = { command: 'npx local-aws', state: '.local-aws', stack: 'local' };

try {
  const options = parseOptions(process.argv.slice(2), process.env, defaults);
  if (options.help) console.log(usage(defaults));
  else await runLocalAws(options);
} catch (error) {
  console.error(describeError(error));
  process.exitCode = 1;
}
