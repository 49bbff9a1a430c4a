import { type ArgsDef, type CommandDef, defineCommand, type ParsedArgs } from 'citty';
import type { Io } from './io.ts';
import type { Output } from './output.ts';

/** What a command is run with. */
export interface CommandContext<Args extends ArgsDef> {
  args: ParsedArgs<Args>;
  io: Io;
  output: Output;
}

/** A citty command that also has examples for its help, and gets its collaborators handed in. */
export interface AgentCommand {
  definition: CommandDef;
  examples: readonly string[];
  run(context: CommandContext<ArgsDef>): Promise<void>;
}

/** Options that every command has. */
const commonArgs = {
  json: { type: 'boolean', description: 'Write one JSON object a line; the last one is the result' },
} as const satisfies ArgsDef;

/** Options of the commands that talk to AWS. Credentials come from the standard chain and from nowhere else. */
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

/** Options that say which deployment is meant. */
export const stackArgs = {
  stack: {
    type: 'string',
    valueHint: 'NAME',
    default: 'graft-dev',
    description: 'CloudFormation stack whose outputs name buckets and API',
  },
} as const satisfies ArgsDef;

/** @param command its `description` is one sentence; `examples` are complete command lines */
export function agentCommand<const Args extends ArgsDef>(command: {
  name: string;
  description: string;
  args: Args;
  examples: readonly string[];
  run(context: CommandContext<Args>): Promise<void>;
}): AgentCommand {
  const { name, description, args, examples, run } = command;
  return {
    definition: defineCommand({
      meta: { name, description },
      args: { ...args, ...commonArgs },
    }) as unknown as CommandDef,
    examples,
    // Whoever calls this has parsed the words with the very definitions above.
    run: (context) => run(context as unknown as CommandContext<Args>),
  };
}
