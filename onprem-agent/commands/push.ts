import { InvalidInputError } from '#core/errors.ts';
import { signBytes } from '#core/signature.ts';
import { cloudFormationClient, s3Client } from '../aws/clients.ts';
import { stackOutput } from '../aws/stack.ts';
import { agentCommand, awsArgs, stackArgs } from '../command.ts';
import { type ModelFolder, readModelFolder, verifyModelFolder } from '../model-folder.ts';
import { formatAmount } from '../progress-bar.ts';
import { pushModel } from '../push-model.ts';
import { readSigningKey } from '../signing-key.ts';

export const push = agentCommand({
  args: {
    dir: { type: 'positional', required: true, description: 'Folder that `graft train` wrote' },
    key: {
      type: 'string',
      valueHint: 'FILE',
      description: 'Private key (Default: ~/.config/graft/signing-key.pem)',
    },
    bucket: { type: 'string', valueHint: 'NAME', description: 'Models bucket, instead of asking the stack' },
    ...stackArgs,
    ...awsArgs,
  },
  examples: [
    'graft push models/icons',
    'graft push models/icons --stack graft-prod --region eu-central-1',
    'AWS_ENDPOINT_URL=http://127.0.0.1:4566 graft push models/icons   # the local AWS',
  ],
  async run({ args, io, output }) {
    const model = await readModelFolder(args.dir);
    await verifyModelFolder(model);
    const signature = await signatureOf(model, args.key, io.environment);
    const aws = { region: args.region, endpointUrl: args['endpoint-url'] };
    const bucket =
      args.bucket ?? (await stackOutput(cloudFormationClient(aws), args.stack, 'ModelsBucket', '--bucket'));

    const total = model.manifest.files.reduce((sum, file) => sum + file.size, 0);
    const progress = output.progress('upload', 'upload');
    const pushed = await pushModel(s3Client(aws, io.environment), bucket, model, {
      signature,
      signal: io.signal,
      onBytes: (done) => progress.update({ done, total, unit: 'B' }),
    }).finally(() => progress.end());

    const { model: name, version } = model.manifest;
    const count = Object.keys(pushed.files).length;
    output.note(
      'pushed',
      { files: pushed.files },
      pushed.committed
        ? `${count} files, ${formatAmount(total, 'B')}, signed, checksummed. S3 now tells the pipeline, which promotes ${name} ${version} in every domain.`
        : `${name} ${version} had been pushed before, with the same content: nothing to do.`,
    );
    output.result(
      {
        command: 'push',
        uri: pushed.uri,
        bucket,
        model: name,
        version,
        committed: pushed.committed,
        bytes: total,
      },
      pushed.uri,
    );
  },
});

/** Signed now when there is a key, otherwise as it was signed when it was trained. */
async function signatureOf(
  model: ModelFolder,
  key: string | undefined,
  environment: NodeJS.ProcessEnv,
): Promise<string> {
  const privateKey = await readSigningKey(key, environment);
  if (privateKey !== undefined) return signBytes(model.manifestBytes, privateKey);
  if (model.signature !== undefined) return model.signature;
  throw new InvalidInputError('There is no signing key, and an unsigned model would be refused', {
    hint: 'Make a key with `graft keygen` and deploy its public key, or name the key with --key.',
  });
}
