import { writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { type Input, nameSchema } from '#core/contracts/common.ts';
import { MODEL_FILE } from '#core/contracts/manifest.ts';
import { misplacedFileWarnings, repetitionWarnings } from '#core/data-checks.ts';
import { type OpenedImages, openTrainingImages } from '#model/data/training-images.ts';
import { finishNetwork } from '#model/network/finish-network.ts';
import { networkInput } from '#model/network/input.ts';
import { type BackendInfo, useBackend } from '#model/tensorflow/backend.ts';
import { BACKENDS, type BackendName } from '#model/tensorflow/backend-names.ts';
import { numberOption } from '../../cli/arguments.ts';
import { agentCommand } from '../../cli/command.ts';
import { UsageError } from '../../cli/errors.ts';
import type { Output } from '../../cli/output.ts';
import { type ModelDescription, writeManifest } from '../../model-folder/manifest.ts';
import { openOutputFolder } from '../../model-folder/output-folder.ts';
import { passphraseArgs } from '../../model-folder/passphrase.ts';
import { openSigningKey } from '../../model-folder/signing-key.ts';
import { commandLineOf } from './command-line.ts';
import { fasterOnProcessor } from './faster-backend.ts';
import { methodArgs, methodOptions } from './method.ts';
import { openTrainingFolder, type TrainingFolder } from './training-folder.ts';
import { MOST_EPOCHS, settingsOf, trainAndWatch, watchArgs } from './watch-training.ts';

export const train = agentCommand({
  args: {
    images: {
      type: 'positional',
      required: true,
      description: 'Folder with one folder of images for each class, or with tar shards',
    },
    out: { type: 'string', valueHint: 'DIR', description: 'Where the model goes (Required)' },
    model: { type: 'string', valueHint: 'NAME', default: 'general', description: 'Name of the model' },
    epochs: {
      type: 'string',
      valueHint: 'N',
      description: 'Passes over the images (Default: 10, or all that --max-seconds has room for)',
    },
    'max-seconds': {
      type: 'string',
      valueHint: 'N',
      description: 'As many steps as fit into this time, the learning rate falling to its end',
    },
    ...methodArgs,
    'batch-size': { type: 'string', valueHint: 'N', default: '64', description: 'Images a step' },
    'validation-share': {
      type: 'string',
      valueHint: '0…0.5',
      default: '0.05',
      description: 'Held out to measure',
    },
    seed: { type: 'string', valueHint: 'N', default: '1', description: 'Same seed, same order and weights' },
    size: {
      type: 'string',
      valueHint: 'PIXELS',
      default: '32',
      description: 'Height and width of the input',
    },
    backend: {
      type: 'enum',
      options: [...BACKENDS],
      description: 'What computes; the fastest one by default (without a GPU, by a trial)',
    },
    key: {
      type: 'string',
      valueHint: 'FILE',
      description: 'Sign now with this private key; otherwise push signs',
    },
    ...passphraseArgs,
    force: { type: 'boolean', description: 'Replace a model that is there already' },
    ...watchArgs,
  },
  examples: [
    'graft train images/icons --out models/icons --model icons',
    'graft train images/icons --out models/icons --model icons --epochs 20 --max-seconds 600 --json',
    'graft train photos --out models/photos --model photos --network resnet-18 --size 64 --mixup 0.2',
    'graft train shards/ --out models/photos --size 224 --cache /scratch/graft --logs logs/photos',
  ],
  async run({ args, io, output }) {
    if (args.out === undefined) throw new UsageError('`graft train` needs --out');
    const { out, force = false } = { out: args.out, force: args.force === true };
    const name = nameSchema.safeParse(args.model);
    if (!name.success) throw new UsageError(`--model is "${args.model}": ${name.error.issues[0]!.message}`);
    const options = trainingOptions(args);
    const input = inputOf(args.size);
    const privateKey = args.key === undefined ? undefined : await openSigningKey(args, { io, output });
    // Before the training, which takes hours: the result needs a place.
    const place = await openOutputFolder(out, force);
    const warn = (message: string) => output.warn({}, message);
    let folder: TrainingFolder | undefined;
    try {
      for (const note of place.notes) warn(note);
      folder = await openTrainingFolder({ out, command: commandOf(args), restart: args.restart === true });
      const wanted = (args.backend as BackendName | undefined) ?? (await folder.backend());
      let backend = await useBackend(wanted);
      const isToBeTried = wanted === undefined && backend.name === 'tensorflow';
      if (!isToBeTried) tellBackend(output, backend, false);
      const loading = output.progress('load', 'load ');
      const data = await openTrainingImages(args.images, input, {
        memoryBytes: MEMORY_BYTES,
        cache: args.cache,
        known: folder.known,
        signal: io.signal,
        onNotice: (message) => output.note('cache', { message }, message),
        onProgress: (done, total) => loading.update({ done, total, unit: 'img' }),
      }).finally(() => loading.end());
      for (const { id, reason } of data.damaged) output.warn({ id, reason }, `${id} is left out: ${reason}`);
      const warnings = warningsAbout(args.images, data);
      for (const warning of warnings) warn(warning);
      output.note(
        'loaded',
        { images: data.size, classes: data.labels.length, damaged: data.damaged.length },
        `${data.size} images of ${data.labels.length} classes`,
      );

      if (isToBeTried) {
        // The hint at a GPU that is here and unused stays.
        backend = { ...backend, ...(await fasterOnProcessor({ data, options }, io.signal)) };
        tellBackend(output, backend, true);
      }
      const settings = settingsOf(options, { size: args.size, backend: backend.name, images: data.digest });
      const result = await trainAndWatch(
        { data, options, settings, folder, place: { name: name.data, out } },
        args,
        {
          output,
          signal: io.signal,
        },
      );

      const { epochs, maxSeconds, batchSize, learningRate, seed, ...others } = options;
      const finished = await finishNetwork(result.model, input, data.labels);
      result.model.dispose();
      const { bytes, millisecondsPerImage: _, ...graph } = finished;
      const trained: ModelDescription = {
        model: name.data,
        ...graph,
        origin: {
          kind: 'trained',
          metrics: result.metrics,
          dataSet: {
            name: basename(resolve(args.images)),
            digest: data.digest,
            images: data.size,
            classes: data.labels.length,
          },
          training: {
            epochs: result.epochs,
            imagesSeen: result.imagesSeen,
            seconds: result.seconds,
            batchSize,
            learningRate,
            seed,
            hyperparameters: { epochs, ...(maxSeconds === undefined ? {} : { maxSeconds }), ...others },
            backend: backend.name,
            device: backend.device,
          },
        },
      };
      const manifest = await place.publish({
        async save(target) {
          await writeFile(join(target, MODEL_FILE), bytes);
          return [MODEL_FILE];
        },
        complete: (target, files) =>
          writeManifest(target, files, trained, { createdAt: new Date(), privateKey }),
      });
      await folder.remove();
      const { metrics, stall } = result;
      const { trainingAccuracy, validationAccuracy } = metrics;
      output.note(
        'trained',
        { seconds: result.seconds, imagesSeen: result.imagesSeen, stall },
        `${result.imagesSeen} images in ${Math.round(result.seconds)} s, ${percent(stall)} of it waiting for data; accuracy ${trainingAccuracy.toFixed(3)}, on held-out images ${validationAccuracy.toFixed(3)}. Next: graft push ${out}`,
      );
      output.result(
        {
          command: 'train',
          out,
          model: manifest.model,
          version: manifest.version,
          signed: privateKey !== undefined,
          metrics,
          images: data.size,
          classes: data.labels.length,
          imagesSeen: result.imagesSeen,
          seconds: result.seconds,
          stall,
          backend,
          warnings,
        },
        `${out}  ${manifest.model} ${manifest.version}`,
      );
    } finally {
      await folder?.close();
      await place.close();
    }
  },
});

/** @param isTried whether a trial has chosen it */
function tellBackend(output: Output, backend: BackendInfo, isTried: boolean) {
  const { name, version, device, reason, hint } = backend;
  const why = isTried ? `, ${reason}` : '';
  output.note(
    'backend',
    { ...backend },
    `Training on ${name} ${version} (${device})${why}${hint ? `; ${hint}` : ''}`,
  );
}

/** The command line that goes on with this training. */
const commandOf = (args: Readonly<Record<string, unknown>>): string =>
  commandLineOf('graft train', train.args, args, ['restart', 'json']);

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

/** Warnings about what may be intended, a sentence each. */
function warningsAbout(folder: string, data: OpenedImages): string[] {
  return [...misplacedFileWarnings(`"${folder}"`, data.beside), ...repetitionWarnings(data.repeated)];
}

/** Pixels of so many bytes stay in memory: 85,000 images of 32 × 32. */
const MEMORY_BYTES = 256 * 2 ** 20;

const DEFAULT_EPOCHS = 10;

const inputOf = (size: string): Input =>
  networkInput(numberOption('size', size, { minimum: 8, maximum: 1024, whole: true })!);

function trainingOptions(args: Record<string, unknown>) {
  const number = (name: string, range: Parameters<typeof numberOption>[2]) =>
    numberOption(name, args[name] as string | undefined, range);
  const maxSeconds = number('max-seconds', { above: 0 });
  const epochs = number('epochs', { minimum: 1, maximum: MOST_EPOCHS, whole: true });
  return {
    epochs: epochs ?? (maxSeconds === undefined ? DEFAULT_EPOCHS : MOST_EPOCHS),
    ...(maxSeconds === undefined ? {} : { maxSeconds }),
    batchSize: number('batch-size', { minimum: 1, maximum: 4096, whole: true })!,
    ...methodOptions(args),
    validationShare: number('validation-share', { above: 0, maximum: 0.5 })!,
    seed: number('seed', { minimum: 0, maximum: 2 ** 31 - 1, whole: true })!,
  };
}
