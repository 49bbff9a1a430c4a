import { Bucket } from '#cloud/aws/bucket.ts';
import { nameSchema, versionSchema } from '#core/contracts/common.ts';
import { type RollbackInput, reasonSchema } from '#core/contracts/promotion.ts';
import { cloudFormationClient, stepFunctionsClient } from '../../aws/clients.ts';
import { s3Client } from '../../aws/s3-clients.ts';
import { stackOutput } from '../../aws/stack.ts';
import { agentCommand, awsArgs, stackArgs } from '../../cli/command.ts';
import { UsageError } from '../../cli/errors.ts';
import { personArgs, personOf } from '../../cli/person.ts';
import { awaitRollback, checkRollback, startRollback } from './start-rollback.ts';

export const rollback = agentCommand({
  args: {
    domain: { type: 'positional', required: true, description: 'Domain to roll back' },
    to: {
      type: 'string',
      valueHint: 'VERSION',
      description: 'Version of the general model; otherwise what was live before the present one',
    },
    reason: { type: 'string', valueHint: 'TEXT', description: 'Recorded with the rollback' },
    ...personArgs,
    detach: { type: 'boolean', description: 'Start it and do not wait for its end' },
    'state-machine': {
      type: 'string',
      valueHint: 'ARN',
      description: 'State machine, instead of asking the stack',
    },
    bucket: {
      type: 'string',
      valueHint: 'NAME',
      description:
        'Artifacts bucket, instead of asking the stack; with --state-machine alone nothing is looked up before the start',
    },
    ...stackArgs,
    ...awsArgs,
  },
  examples: [
    'graft rollback produce --reason "takes limes for lemons"',
    'graft rollback produce --to 20261123T154200Z-3f2a9c --stack graft-prod',
  ],
  async run({ args, io, output }) {
    check('The domain', nameSchema.safeParse(args.domain), args.domain);
    if (args.to !== undefined) check('--to', versionSchema.safeParse(args.to), args.to);
    if (args.reason !== undefined) check('--reason', reasonSchema.safeParse(args.reason), args.reason);
    const request: RollbackInput['rollback'] = {
      domain: args.domain,
      ...(args.to === undefined ? {} : { toVersion: args.to }),
      by: personOf(args.by),
      ...(args.reason === undefined ? {} : { reason: args.reason }),
    };
    const aws = { region: args.region, endpointUrl: args['endpoint-url'] };
    const cloudFormation = cloudFormationClient(aws);
    const stateMachineArn =
      args['state-machine'] ??
      (await stackOutput(cloudFormation, args.stack, 'StateMachineArn', '--state-machine'));
    const bucket =
      args.bucket ??
      (args['state-machine'] === undefined
        ? await stackOutput(cloudFormation, args.stack, 'ArtifactsBucket', '--bucket')
        : undefined);
    if (bucket !== undefined) {
      await checkRollback(new Bucket(s3Client(aws, io.environment), bucket), request);
    }
    const sfn = stepFunctionsClient(aws);
    const started = await startRollback(sfn, stateMachineArn, request, new Date());
    output.note('started', started, `${started.execution} has started`);
    if (args.detach === true) {
      output.result({ command: 'rollback', ...started }, started.executionArn);
      return;
    }
    const outcome = await awaitRollback(sfn, started.executionArn, io.signal);
    output.result({ command: 'rollback', ...started, ...outcome }, outcome.reason);
  },
});

function check(
  what: string,
  result: { success: boolean; error?: { issues: { message: string }[] } | undefined },
  value: string,
): void {
  if (!result.success) throw new UsageError(`${what} is "${value}": ${result.error!.issues[0]!.message}`);
}
