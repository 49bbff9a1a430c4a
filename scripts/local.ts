import { type CommandDefaults, describeError, parseOptions, runLocalAws, usage } from 'local-aws/command';
import { developmentSigningKey, packageLocalStack } from './development.ts';
import { localContainer } from './local-container.ts';

const defaults: CommandDefaults = {
  command: 'npm run local --',
  template: '.serverless/cloudformation-template-update-stack.json',
  state: '.graft/local',
  stack: 'graft-dev',
};

/** `npm run local`: packages the stack, then runs the local AWS in this process. */
try {
  const args = process.argv.slice(2);
  const options = parseOptions(args, process.env, defaults);
  if (options.help) {
    console.log(usage(defaults));
  } else {
    // A template on the command line is run as it is, and an empty start needs none.
    const given = args.some((arg) => arg === '--template' || arg.startsWith('--template='));
    if (!given && options.template !== undefined) {
      // On standard error: with --json, a program reads standard output.
      console.error('Packaging the stack …');
      options.template = await packageLocalStack((await developmentSigningKey()).publicKey);
    }
    await runLocalAws({ container: localContainer(), ...options });
  }
} catch (error) {
  console.error(describeError(error));
  process.exitCode = 1;
}
