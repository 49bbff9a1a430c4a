import { Bucket } from '#cloud/aws/bucket.ts';
import { championsIn } from '#cloud/records/champions.ts';
import { findLineage, lineageSteps } from '#cloud/registry/lineage.ts';
import { nameSchema } from '#core/contracts/common.ts';
import { cloudFormationClient } from '../../aws/clients.ts';
import { explained } from '../../aws/explain.ts';
import { s3Client } from '../../aws/s3-clients.ts';
import { sageMakerClient } from '../../aws/sagemaker.ts';
import { stackOutput } from '../../aws/stack.ts';
import { agentCommand, awsArgs, stackArgs } from '../../cli/command.ts';
import { UsageError } from '../../cli/errors.ts';
import { lineageLines } from './lineage-lines.ts';

export const lineage = agentCommand({
  args: {
    domain: { type: 'positional', required: true, description: 'Domain whose endpoint is asked about' },
    bucket: {
      type: 'string',
      valueHint: 'NAME',
      description:
        'Artifacts bucket, instead of asking the stack; it is read only where the domain has no endpoint of its own',
    },
    ...stackArgs,
    ...awsArgs,
  },
  examples: ['graft lineage produce', 'graft lineage produce --stack graft-prod --json'],
  async run({ args, io, output }) {
    if (!nameSchema.safeParse(args.domain).success) {
      throw new UsageError(`"${args.domain}" is no name of a domain`);
    }
    const aws = { region: args.region, endpointUrl: args['endpoint-url'] };
    const champions: ReturnType<typeof championsIn>['find'] = async (domain) => {
      const bucket =
        args.bucket ??
        (await stackOutput(cloudFormationClient(aws), args.stack, 'ArtifactsBucket', '--bucket'));
      return championsIn(new Bucket(s3Client(aws, io.environment), bucket)).find(domain);
    };
    const services = { sagemaker: sageMakerClient(aws), champions: { find: champions }, prefix: args.stack };
    const found = await explained(`look up what serves "${args.domain}"`, () =>
      findLineage(services, args.domain),
    );
    const { endpoint, model } = found;
    output.result(
      {
        command: 'lineage',
        endpoint: { name: endpoint.name, status: endpoint.state.status, config: endpoint.deployed },
        modelPackage: {
          arn: model.arn,
          version: model.version,
          approval: model.approval,
          createdAt: model.createdAt.toISOString(),
        },
        ...model.metadata,
      },
      lineageLines(lineageSteps(found)).join('\n'),
    );
  },
});
