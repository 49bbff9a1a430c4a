import type { ArgsDef, ParsedArgs } from 'citty';
import type { Io } from './io.ts';
import type { Output } from './output.ts';

/** What a command is run with. */
export interface CommandContext<Args extends ArgsDef> {
  args: ParsedArgs<Args>;
  /** The words after `--`, of a command that runs a program. */
  program: readonly string[];
  io: Io;
  output: Output;
}

/**
 * Options in citty's form, examples for the help, and the work. `run` gets everything it uses as arguments.
 */
export interface AgentCommand {
  args: ArgsDef;
  /** Complete command lines. */
  examples: readonly string[];
  /** Whether words after `--` are the command line of a program. */
  takesProgram?: boolean | undefined;
  /** Commands whose sections in `graft.yml` count for this one too. */
  alsoReads?: readonly string[] | undefined;
  /** @returns exit code, if it is not 0 */
  run(context: CommandContext<ArgsDef>): Promise<number> | Promise<void>;
}

/** Options that every command has. */
const commonArgs = {
  json: { type: 'boolean', description: 'Write one JSON object a line; the last one is the result' },
  config: {
    type: 'string',
    valueHint: 'FILE',
    description: 'Settings (Default: graft.yml here, then ~/.config/graft/graft.yml)',
  },
} as const satisfies ArgsDef;

/**
 * Options of the commands that talk to AWS. Credentials come from the standard chain and from nowhere else.
 */
export const awsArgs = {
  region: {
    type: 'string',
    valueHint: 'REGION',
    description: 'AWS region; otherwise AWS_REGION or the profile',
  },
  'endpoint-url': {
    type: 'string',
    valueHint: 'URL',
    description: 'Another endpoint, such as the local AWS; otherwise AWS_ENDPOINT_URL',
  },
} as const satisfies ArgsDef;

/** Options that name the deployment. */
export const stackArgs = {
  stack: {
    type: 'string',
    valueHint: 'NAME',
    default: 'graft-dev',
    description: 'CloudFormation stack whose outputs name buckets and API',
  },
} as const satisfies ArgsDef;

/** Adds the common options, and keeps the options' types for `run`. */
export function agentCommand<const Args extends ArgsDef>(command: {
  args: Args;
  examples: readonly string[];
  takesProgram?: boolean;
  alsoReads?: readonly string[];
  run(context: CommandContext<Args>): Promise<number> | Promise<void>;
}): AgentCommand {
  return {
    args: { ...command.args, ...commonArgs },
    examples: command.examples,
    takesProgram: command.takesProgram,
    alsoReads: command.alsoReads,
    // The caller has parsed the words with these definitions.
    run: (context) => command.run(context as unknown as CommandContext<Args>),
  };
}
