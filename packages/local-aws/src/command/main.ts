import { describeError } from '../errors.ts';
import { type CommandDefaults, parseOptions, usage } from './options.ts';

const defaults: CommandDefaults = { command: 'npx local-aws', state: '.local-aws', stack: 'local' };

try {
  const options = parseOptions(process.argv.slice(2), process.env, defaults);
  if (options.help) console.log(usage(defaults));
  else {
    // Not before it is needed: all services take a second or more to load.
    const { runLocalAws } = await import('./run.ts');
    await runLocalAws(options);
  }
} catch (error) {
  console.error(describeError(error));
  process.exitCode = 1;
}
