import { agentCommand } from '../../cli/command.ts';
import { UsageError } from '../../cli/errors.ts';
import { personArgs, personOf } from '../../cli/person.ts';
import { approvalAnswer, approvalArgs, approvalClient, pendingFor } from './answer-approval.ts';

export const reject = agentCommand({
  args: {
    domain: { type: 'positional', required: true, description: 'Domain whose promotion waits' },
    reason: {
      type: 'string',
      valueHint: 'TEXT',
      description: 'Why not; recorded with the answer (Required)',
    },
    execution: {
      type: 'string',
      valueHint: 'NAME',
      description: 'Execution that waits, where several of the domain do',
    },
    ...personArgs,
    ...approvalArgs,
  },
  examples: ['graft reject produce --reason "confuses limes and lemons"'],
  async run({ args, io, output }) {
    if (args.reason === undefined) throw new UsageError('`graft reject` needs --reason');
    const given = approvalAnswer({ approved: false, by: personOf(args.by), comment: args.reason });
    const client = await approvalClient(args, io.environment);
    const pending = pendingFor(await client.list(), args.domain, args.execution);
    await client.answer(pending, given);
    const { domain, execution, model, version } = pending;
    output.result(
      { command: 'reject', domain, execution, model, version, ...given },
      `${model} ${version} is rejected for ${domain}; what was live stays live (${execution})`,
    );
  },
});
