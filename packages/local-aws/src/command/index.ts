/** The command line, for programs that run the local AWS with defaults of their own. */
export { describeError } from '../errors.ts';
export { type CommandDefaults, type Options, parseOptions, usage } from './options.ts';
export { runLocalAws } from './run.ts';
