import { InvalidInputError } from '#core/errors.ts';
import { cloudFormationClient, stepFunctionsClient } from '../../aws/clients.ts';
import { deploymentArgs, findDeployment, nextStep, requireStateMachine } from '../../aws/deployment.ts';
import { uploadClient } from '../../aws/s3-clients.ts';
import { agentCommand, awsArgs } from '../../cli/command.ts';
import { EXIT_CODES, UsageError } from '../../cli/errors.ts';
import { promotionOfData } from '../../promotions/follow-promotion.ts';
import { waitForPromotion } from '../../promotions/wait-for-promotion.ts';
import { stateFolder } from '../../state-folder.ts';
import { parseBandwidth } from '../../upload/bandwidth.ts';
import { currentRate } from '../../upload/bandwidth-file.ts';
import { Persistence, persistentS3 } from '../../upload/persistence.ts';
import { tellFailure } from '../../upload/tell-failure.ts';
import { createThrottle } from '../../upload/throttle.ts';
import { domainSettings, gateArgs } from './domain-settings.ts';
import { pushFolder } from './push-folder.ts';

export const dataPush = agentCommand({
  args: {
    dir: {
      type: 'positional',
      required: true,
      description: 'Folder with train/<label>/, test/<label>/, domain.json and, optionally, other/',
    },
    domain: { type: 'string', valueHint: 'NAME', description: 'Name of the domain (Required)' },
    ...gateArgs,
    follow: {
      type: 'boolean',
      description:
        'Wait for the end of the promotion and say what came of it; exit code 3 where it is not DEPLOYED',
    },
    bandwidth: {
      type: 'string',
      valueHint: 'LIMIT',
      description: 'Bytes a second, also by time of day, as of `graft push`',
    },
    ...deploymentArgs,
    ...awsArgs,
  },
  examples: [
    'graft data push produce --domain produce',
    'graft data push produce --domain produce --minimum-accuracy 0.5 --minimum-uplift 0.1 --minimum-recall 0.2 --minimum-test-images 200',
  ],
  async run({ args, io, output }) {
    if (args.domain === undefined) throw new UsageError('`graft data push` needs --domain');
    const bandwidth =
      args.bandwidth === undefined ? undefined : parseBandwidth(args.bandwidth, '--bandwidth');
    const settings = await domainSettings(args.dir, args.domain, args);
    const aws = { region: args.region, endpointUrl: args['endpoint-url'] };
    const deployment = await findDeployment(cloudFormationClient(aws), args, 'DataBucket');
    const { bucket } = deployment;
    const stateMachineArn = args.follow ? requireStateMachine(deployment) : undefined;
    const state = stateFolder(io.environment);
    const client = uploadClient(aws, io.environment);
    const persistence = new Persistence({
      patient: false,
      onFailure: (attempt) => tellFailure(output, attempt),
      onRecovery: () => output.note('recovered', {}, 'The upload goes on.'),
      signal: io.signal,
    });
    const pushed = await pushFolder(
      { folder: args.dir, settings, bucket, aws, state, s3: persistentS3(client, persistence) },
      { throttle: createThrottle({ limit: currentRate(state, bandwidth) }), output },
      io.signal,
    ).finally(() => client.destroy());
    const { damaged, warnings } = pushed;

    if (pushed.extraCount > 0) {
      output.warn(
        { extra: pushed.extra },
        `${pushed.extraCount} images in the bucket are not in "${args.dir}", and stay in use, for instance ${pushed.extra[0]}: remove them with \`aws s3 rm\` if they should not`,
      );
    }
    output.note(
      'pushed',
      { uploaded: pushed.uploaded, alreadyThere: pushed.alreadyThere, committed: pushed.committed },
      pushed.committed
        ? `${pushed.uploaded} images uploaded, ${pushed.alreadyThere} were there; domain.json came last. ${nextStep(deployment, `now trains "${args.domain}" with the newest general model, or with the first one that is pushed`)}`
        : `All ${pushed.alreadyThere} images and domain.json were there: nothing new, so no promotion starts.`,
    );
    const { domain, labels } = settings.domain;
    const result = {
      command: 'data push',
      uri: pushed.uri,
      bucket,
      domain,
      labels: labels.length,
      images: pushed.uploaded + pushed.alreadyThere,
      uploaded: pushed.uploaded,
      committed: pushed.committed,
      damaged,
      warnings,
    };
    if (stateMachineArn === undefined || !pushed.committed) {
      output.result(result, pushed.uri);
      return EXIT_CODES.ok;
    }
    if (pushed.arrival === undefined) {
      throw new InvalidInputError(
        `Bucket "${bucket}" keeps no versions, so the promotion cannot be followed`,
      );
    }
    return waitForPromotion(
      stepFunctionsClient(aws),
      { io, output },
      {
        stateMachineArn,
        search: promotionOfData(domain, pushed.arrival, io.signal),
        hint: 'There is no general model yet that can be promoted, or one came after these data and takes them along: the log of the function startPromotion says which.',
        result,
        uri: pushed.uri,
      },
    );
  },
});
