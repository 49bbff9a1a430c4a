import { InvalidInputError } from '#core/errors.ts';
import { manifestKey } from '#core/keys.ts';
import { signatureFile } from '#core/signature.ts';
import { deploymentArgs, nextStep, requireStateMachine } from '../../aws/deployment.ts';
import { findObject } from '../../aws/objects.ts';
import { s3Client } from '../../aws/s3-clients.ts';
import { serverClock } from '../../aws/server-clock.ts';
import { agentCommand, awsArgs } from '../../cli/command.ts';
import { EXIT_CODES } from '../../cli/errors.ts';
import { passphraseArgs } from '../../model-folder/passphrase.ts';
import { type ModelFolder, readModelFolder } from '../../model-folder/read.ts';
import { openSigningKey } from '../../model-folder/signing-key.ts';
import { forgetResult } from '../../spool/result.ts';
import { serviceOf } from '../../spool/service.ts';
import { stageModel } from '../../spool/stage.ts';
import { spoolFolder, stateFolder } from '../../state-folder.ts';
import { parseBandwidth } from '../../upload/bandwidth.ts';
import { currentRate } from '../../upload/bandwidth-file.ts';
import { finishEntry } from '../../upload/finish-entry.ts';
import { createThrottle } from '../../upload/throttle.ts';
import { requireTrusted } from '../../upload/trusted-key.ts';
import { deploymentOrNames, entryRecord } from './describe-entry.ts';
import { redate } from './redate.ts';
import { reportUpload } from './report-upload.ts';

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
        'Wait for the upload, however long the link is down; where no `graft watch` runs, `graft push` uploads by itself, and gives up only a link that has not worked at all',
    },
    follow: {
      type: 'boolean',
      description:
        'As --wait, and then for the end of the promotion; says what came of it in every domain. Exit code 3 where one is not DEPLOYED',
    },
    bandwidth: {
      type: 'string',
      valueHint: 'LIMIT',
      description:
        'Bytes a second, also by time of day: 10M, or 08:00-18:00=10M,unlimited. `graft bandwidth` changes it meanwhile',
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
    'graft push models/icons --stack graft-prod --region eu-central-1 --follow',
    'graft push models/icons --bandwidth 08:00-18:00=10M,unlimited',
    'AWS_ENDPOINT_URL=http://127.0.0.1:4566 graft push models/icons   # the local AWS',
  ],
  async run({ args, io, output }) {
    const bandwidth =
      args.bandwidth === undefined ? undefined : parseBandwidth(args.bandwidth, '--bandwidth');
    let model = await readModelFolder(args.dir);
    const privateKey = await openSigningKey(args, { io, output });

    const total = model.manifest.files.reduce((sum, file) => sum + file.size, 0);
    const state = stateFolder(io.environment);
    const service = await serviceOf(state);
    const staged = await stageModel(spoolFolder(io.environment), model);
    const aws = { region: args.region, endpointUrl: args['endpoint-url'] };
    const { deployment, names, entry, stateMachineArn } = await spool().finally(() => staged.discard());
    const { id, version, model: name } = entry.record;
    const promotes = `promotes ${name} ${version} in every domain`;
    const waits = args.wait === true || args.follow === true;
    if (service !== undefined && !waits) {
      const text = `${name} ${version} is in the spool: \`graft watch\` (process ${service.pid}) uploads it, \`graft status\` shows how far it is.`;
      output.note('spooled', { id, service: service.pid }, text);
      output.result({ command: 'push', id, model: name, version, bytes: total, spooled: true }, id);
      return EXIT_CODES.ok;
    }

    const throttle = createThrottle({ limit: currentRate(state, bandwidth) });
    const uploaded = await finishEntry(entry, { io, output, state, throttle, patient: waits });
    const next =
      deployment === undefined ? `Stack "${names.stack}" ${promotes}.` : nextStep(deployment, promotes);
    const result = reportUpload(output, uploaded, next);
    if (stateMachineArn === undefined) {
      output.result(result, uploaded.uri);
      return EXIT_CODES.ok;
    }
    const { arrival, signedAgain: again } = uploaded;
    const { promotionOfModel, stepFunctionsClient, waitForPromotion } = await import('./follow.ts');
    return waitForPromotion(
      stepFunctionsClient(aws),
      { io, output },
      {
        stateMachineArn,
        search: promotionOfModel({ model: name, version }, { arrival, again, signal: io.signal }),
        hint: 'Look into the log of the function startPromotion, and at the queue of events that could not be handled (docs/deploy.md).',
        result,
        uri: uploaded.uri,
      },
    );

    /** Every upload checks as well, but this push may end before that. */
    async function check(): Promise<void> {
      const checking = output.progress('check', 'check ');
      let done = 0;
      const onBytes = (bytes: number) => {
        done += bytes;
        checking.update({ done, total, unit: 'B' });
      };
      await staged.verify(onBytes, io.signal).finally(() => checking.end());
    }

    async function spool() {
      if (service !== undefined) await check();
      const found = await deploymentOrNames(aws, args, service !== undefined);
      const follows =
        args.follow && found.deployment !== undefined ? requireStateMachine(found.deployment) : undefined;
      if (args.redate) model = await redated(model, found.deployment?.bucket);
      const signature = signatureOf(model, privateKey);
      if (found.deployment !== undefined) {
        requireTrusted(model.manifestBytes, signature, found.deployment, privateKey);
      }
      const record = await entryRecord({ model, ...found, aws, environment: io.environment });
      const { manifestBytes } = model;
      await forgetResult(state, record.id);
      const committed = await staged.commit(record, { manifestBytes, signature });
      return { ...found, entry: committed, stateMachineArn: follows };
    }

    async function redated(trained: ModelFolder, bucket: string | undefined): Promise<ModelFolder> {
      if (privateKey === undefined) throw noKey('A model with another version has to be signed again');
      if (bucket === undefined)
        throw new InvalidInputError('--redate needs S3’s clock, and S3 is out of reach');
      const s3 = s3Client(aws, io.environment);
      const clock = serverClock(s3);
      const key = manifestKey(trained.manifest.model, trained.manifest.version);
      await findObject({ s3, bucket, key, signal: io.signal });
      const at = clock();
      if (at === undefined) throw new InvalidInputError('S3 does not say what time it is');
      return redate(trained, at, privateKey);
    }
  },
});

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
