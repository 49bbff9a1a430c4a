import { InvalidInputError } from '#core/errors.ts';
import { manifestKey } from '#core/keys.ts';
import { signatureFile } from '#core/signature.ts';
import { isTrusted } from '#core/signing-trust.ts';
import { isFromTheFuture } from '#core/versions.ts';
import { cloudFormationClient, s3Client, stepFunctionsClient } from '../../aws/clients.ts';
import { deploymentArgs, findDeployment, nextStep, requireStateMachine } from '../../aws/deployment.ts';
import { findObject } from '../../aws/objects.ts';
import { serverClock } from '../../aws/server-clock.ts';
import { agentCommand, awsArgs } from '../../cli/command.ts';
import { EXIT_CODES } from '../../cli/errors.ts';
import { formatAmount } from '../../cli/progress-bar.ts';
import { passphraseArgs } from '../../model-folder/passphrase.ts';
import { type ModelFolder, readModelFolder, verifyFiles } from '../../model-folder/read.ts';
import { openSigningKey } from '../../model-folder/signing-key.ts';
import { promotionOfModel } from '../../promotions/follow-promotion.ts';
import { waitForPromotion } from '../../promotions/wait-for-promotion.ts';
import { type Pushed, pushModel } from './push-model.ts';
import { redate } from './redate.ts';
import { requireTrusted } from './trusted-key.ts';

export const push = agentCommand({
  args: {
    dir: { type: 'positional', required: true, description: 'Folder that `graft train` wrote' },
    key: {
      type: 'string',
      valueHint: 'FILE',
      description: 'Private key (Default: ~/.config/graft/signing-key.pem)',
    },
    ...passphraseArgs,
    wait: {
      type: 'boolean',
      description:
        'Wait for the end of the promotion and say what came of it in every domain; exit code 3 where one is not DEPLOYED',
    },
    redate: {
      type: 'boolean',
      description:
        'Give the model the version of this moment first: for one that a machine with a wrong clock trained',
    },
    ...deploymentArgs,
    ...awsArgs,
  },
  examples: [
    'graft push models/icons',
    'graft push models/icons --stack graft-prod --region eu-central-1 --wait',
    'AWS_ENDPOINT_URL=http://127.0.0.1:4566 graft push models/icons   # the local AWS',
  ],
  async run({ args, io, output }) {
    let model = await readModelFolder(args.dir);
    await verifyFiles(model);
    const privateKey = await openSigningKey(args, { io, output });
    const aws = { region: args.region, endpointUrl: args['endpoint-url'] };
    const deployment = await findDeployment(cloudFormationClient(aws), args, 'ModelsBucket');
    const { bucket } = deployment;
    const stateMachineArn = args.wait ? requireStateMachine(deployment) : undefined;

    const s3 = s3Client(aws, io.environment);
    const clock = serverClock(s3);
    if (args.redate) model = await redated(model);
    const { model: name, version } = model.manifest;
    const signature = signatureOf(model, privateKey);
    requireTrusted(model.manifestBytes, signature, deployment, privateKey);

    const total = model.manifest.files.reduce((sum, file) => sum + file.size, 0);
    const progress = output.progress('upload', 'upload');
    const trust = deployment.stack?.trust;
    const pushed = await pushModel(s3, bucket, model, {
      signature,
      isTrusted: trust && ((found) => isTrusted(model.manifestBytes, found, trust)),
      signal: io.signal,
      beforeUpload: () => refuseFutureVersion(version, clock()),
      onBytes: (done) => progress.update({ done, total, unit: 'B' }),
    }).finally(() => progress.end());
    if (pushed.otherSignature) {
      output.warn(
        {},
        `${name} ${version} is in the bucket with the signature of another key, which stays: with --stack it is known which one is trusted`,
      );
    }
    const size = `${Object.keys(pushed.files).length} files, ${formatAmount(total, 'B')}, signed, checksummed.`;
    const next = nextStep(deployment, `promotes ${name} ${version} in every domain`);
    output.note('pushed', { files: pushed.files }, pushedText(pushed, `${name} ${version}`, size, next));

    const { uri, committed, signedAgain, arrival } = pushed;
    const result = {
      command: 'push',
      uri,
      bucket,
      model: name,
      version,
      committed,
      signedAgain,
      bytes: total,
    };
    if (stateMachineArn === undefined) {
      output.result(result, uri);
      return EXIT_CODES.ok;
    }
    return waitForPromotion(
      stepFunctionsClient(aws),
      { io, output },
      {
        stateMachineArn,
        search: promotionOfModel(model.manifest, { arrival, again: signedAgain, signal: io.signal }),
        hint: 'Look into the log of the function startPromotion, and at the queue of events that could not be handled (docs/deploy.md).',
        result,
        uri,
      },
    );

    async function redated(trained: ModelFolder): Promise<ModelFolder> {
      if (privateKey === undefined) throw noKey('A model with another version has to be signed again');
      const key = manifestKey(trained.manifest.model, trained.manifest.version);
      await findObject({ s3, bucket, key, signal: io.signal });
      const at = clock();
      if (at === undefined) throw new InvalidInputError('S3 does not say what time it is');
      return redate(trained, at, privateKey);
    }
  },
});

function pushedText(pushed: Pushed, what: string, size: string, next: string): string {
  if (pushed.signedAgain) {
    return `${what} had been pushed before with a signature that is not trusted: it is replaced. ${next}`;
  }
  if (!pushed.committed) return `${what} had been pushed before, with the same content: nothing to do.`;
  return `${size} ${next}`;
}

/** @throws InvalidInputError when the version is in the future by S3's clock */
function refuseFutureVersion(version: string, at: Date | undefined): void {
  if (at === undefined || !isFromTheFuture(version, at.getTime())) return;
  throw new InvalidInputError(
    `Version ${version} lies in the future: S3's clock says ${at.toISOString()}. Every later model would be taken for an older one`,
    {
      hint: 'Correct the clock of the machine that trained it, and push with --redate, which makes it a version of this moment.',
    },
  );
}

/** The signature: made now if there is a key, otherwise the one from the training. */
function signatureOf(model: ModelFolder, privateKey: string | undefined): string {
  if (privateKey !== undefined) return signatureFile(model.manifestBytes, privateKey);
  if (model.signature !== undefined) return model.signature;
  throw noKey('There is no signing key, and an unsigned model would be refused');
}

const noKey = (message: string) =>
  new InvalidInputError(message, {
    hint: 'Make a key with `graft keygen` and deploy its public key, or name the key with --key.',
  });
