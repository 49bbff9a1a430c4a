import { agentCommand } from '../../cli/command.ts';
import { personArgs, personOf } from '../../cli/person.ts';
import { approvalAnswer, approvalArgs, approvalClient, pendingFor } from './answer-approval.ts';

export const approve = agentCommand({
  args: {
    domain: { type: 'positional', required: true, description: 'Domain whose promotion waits' },
    execution: {
      type: 'string',
      valueHint: 'NAME',
      description: 'Execution that waits, where several of the domain do',
    },
    comment: { type: 'string', valueHint: 'TEXT', description: 'Recorded with the answer' },
    ...personArgs,
    ...approvalArgs,
  },
  examples: [
    'graft approve produce',
    'graft approve produce --execution promote-icons-20261123T154200Z-3f2a9c-0a1b2c3d --comment "looked at the report"',
  ],
  async run({ args, io, output }) {
    const given = approvalAnswer({ approved: true, by: personOf(args.by), comment: args.comment });
    const client = await approvalClient(args, io.environment);
    const pending = pendingFor(await client.list(), args.domain, args.execution);
    await client.answer(pending, given);
    const { domain, execution, model, version } = pending;
    output.result(
      { command: 'approve', domain, execution, model, version, ...given },
      `${model} ${version} is approved for ${domain} and is being deployed (${execution})`,
    );
  },
});
