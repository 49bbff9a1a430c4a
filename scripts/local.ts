import { describeError } from '#core/errors.ts';
import { parseOptions, usage } from '../packages/local-aws/src/options.ts';
import { runLocalAws } from '../packages/local-aws/src/run.ts';
import { developmentSigningKey, packageLocalStack } from './development.ts';

/** `npm run local`: packages the stack, then runs the local AWS in this process. */
try {
  const args = process.argv.slice(2);
  const options = parseOptions(args, process.env);
  if (options.help) {
    console.log(usage);
  } else {
    // A template of the caller's own is run as it is, and an empty start needs none.
    const given = args.some((arg) => arg === '--template' || arg.startsWith('--template='));
    let { template } = options;
    if (!given && !options.empty) {
      // On standard error: with --json a program reads the other one.
      console.error('Packaging the stack …');
      template = await packageLocalStack((await developmentSigningKey()).publicKey);
    }
    await runLocalAws({ ...options, template });
  }
} catch (error) {
  console.error(describeError(error));
  process.exitCode = 1;
}
