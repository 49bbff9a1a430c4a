import { describeEndpoint } from '#cloud/endpoints/endpoints.ts';
import { findLiveModel } from '#cloud/registry/live-model.ts';
import { nameSchema } from '#core/contracts/common.ts';
import { NotFoundError } from '#core/errors.ts';
import { endpointName, modelPackageGroupName } from '#core/names.ts';
import { explained } from '../../aws/explain.ts';
import { sageMakerClient } from '../../aws/sagemaker.ts';
import { agentCommand, awsArgs, stackArgs } from '../../cli/command.ts';
import { UsageError } from '../../cli/errors.ts';
import { lineageLines } from './lineage-lines.ts';

export const lineage = agentCommand({
  args: {
    domain: { type: 'positional', required: true, description: 'Domain whose endpoint is asked about' },
    ...stackArgs,
    ...awsArgs,
  },
  examples: ['graft lineage produce', 'graft lineage produce --stack graft-prod --json'],
  async run({ args, output }) {
    if (!nameSchema.safeParse(args.domain).success) {
      throw new UsageError(`"${args.domain}" is no name of a domain`);
    }
    const sagemaker = sageMakerClient({ region: args.region, endpointUrl: args['endpoint-url'] });
    const endpoint = endpointName(args.stack, args.domain);
    const state = await explained(`look up endpoint ${endpoint}`, () =>
      describeEndpoint(sagemaker, endpoint),
    );
    if (state === undefined) {
      throw new NotFoundError(`The domain "${args.domain}" has no endpoint ${endpoint}`, {
        hint: 'No model of it has been promoted yet, or it belongs to another deployment: name that with --stack. What is on the shared endpoint, `graft console` shows.',
      });
    }
    const group = modelPackageGroupName(args.stack, args.domain);
    const model = await explained(`look through model package group ${group}`, () =>
      findLiveModel(sagemaker, group, state.endpointConfig),
    );
    if (model === undefined) {
      throw new NotFoundError(
        `No model package of ${group} says that it was deployed as ${state.endpointConfig}, which ${endpoint} serves`,
        { hint: 'The log of the function "registerModel" says why a model could not be registered.' },
      );
    }
    output.result(
      {
        command: 'lineage',
        endpoint: { name: endpoint, status: state.status, config: state.endpointConfig },
        modelPackage: {
          arn: model.arn,
          version: model.version,
          approval: model.approval,
          createdAt: model.createdAt.toISOString(),
        },
        ...model.metadata,
      },
      lineageLines(endpoint, state, group, model).join('\n'),
    );
  },
});
