import { describeError } from './errors.ts';
import { parseOptions, usage } from './options.ts';
import { runLocalAws } from './run.ts';

try {
  const options = parseOptions(process.argv.slice(2), process.env);
  if (options.help) console.log(usage);
  else await runLocalAws(options);
} catch (error) {
  console.error(describeError(error));
  process.exitCode = 1;
}
