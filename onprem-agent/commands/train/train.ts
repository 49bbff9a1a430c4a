import { writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { type Input, nameSchema } from '#core/contracts/common.ts';
import { MODEL_FILE } from '#core/contracts/manifest.ts';
import { misplacedFileWarnings, repetitionWarnings, sameContent } from '#core/data-checks.ts';
import { type LoadedDataSet, loadDataSet } from '#model/data/data-set.ts';
import { finishNetwork } from '#model/network/finish-network.ts';
import { networkInput } from '#model/network/input.ts';
import { type BackendName, useBackend } from '#model/tensorflow/backend.ts';
import { trainGeneral } from '#model/training/general.ts';
import { numberOption } from '../../cli/arguments.ts';
import { agentCommand } from '../../cli/command.ts';
import { UsageError } from '../../cli/errors.ts';
import { type ModelDescription, writeManifest } from '../../model-folder/manifest.ts';
import { openOutputFolder } from '../../model-folder/output-folder.ts';
import { passphraseArgs } from '../../model-folder/passphrase.ts';
import { openSigningKey } from '../../model-folder/signing-key.ts';
import { methodArgs, methodOptions } from './method.ts';

const backends = ['tensorflow-gpu', 'tensorflow', 'wasm', 'cpu'] as const satisfies BackendName[];

export const train = agentCommand({
  args: {
    images: {
      type: 'positional',
      required: true,
      description: 'Folder with one folder of images for each class',
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
      options: [...backends],
      description: 'What computes; the fastest one by default',
    },
    key: {
      type: 'string',
      valueHint: 'FILE',
      description: 'Sign now with this private key; otherwise push signs',
    },
    ...passphraseArgs,
    force: { type: 'boolean', description: 'Replace a model that is there already' },
  },
  examples: [
    'graft train images/icons --out models/icons --model icons',
    'graft train images/icons --out models/icons --model icons --epochs 20 --max-seconds 600 --json',
    'graft train photos --out models/photos --model photos --network resnet-18 --size 64 --mixup 0.2',
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
    try {
      for (const note of place.notes) output.warn({}, note);
      const backend = await useBackend(args.backend as BackendName | undefined);
      output.note(
        'backend',
        { ...backend },
        `Training on ${backend.name} ${backend.version} (${backend.device})${backend.hint ? `; ${backend.hint}` : ''}`,
      );
      const loading = output.progress('load', 'load ');
      const data = await loadDataSet(args.images, input, {
        minimumPerClass: 2,
        signal: io.signal,
        onProgress: (done, total) => loading.update({ done, total, unit: 'img' }),
      }).finally(() => loading.end());
      for (const { id, reason } of data.damaged) output.warn({ id, reason }, `${id} is left out: ${reason}`);
      const warnings = warningsAbout(args.images, data);
      for (const warning of warnings) output.warn({}, warning);
      output.note(
        'loaded',
        { images: data.size, classes: data.labels.length, damaged: data.damaged.length },
        `${data.size} images of ${data.labels.length} classes`,
      );

      const training = output.progress('train', 'train');
      const result = await trainGeneral(data, options, {
        signal: io.signal,
        onProgress: (progress) =>
          training.update({
            done: progress.step * options.batchSize,
            total: progress.steps * options.batchSize,
            unit: 'img',
            rate: progress.imagesPerSecond,
            secondsLeft: progress.secondsLeft,
            notes: [epochOf(progress), `accuracy ${progress.accuracy.toFixed(2)}`],
            details: {
              epoch: progress.epoch,
              epochs: progress.epochs,
              step: progress.step,
              steps: progress.steps,
              loss: progress.loss,
              accuracy: progress.accuracy,
            },
          }),
      }).finally(() => training.end());

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
        async save(folder) {
          await writeFile(join(folder, MODEL_FILE), bytes);
          return [MODEL_FILE];
        },
        complete: (folder, files) =>
          writeManifest(folder, files, trained, { createdAt: new Date(), privateKey }),
      });
      const { metrics } = result;
      const { trainingAccuracy, validationAccuracy } = metrics;
      output.note(
        'trained',
        { seconds: result.seconds, imagesSeen: result.imagesSeen },
        `${result.imagesSeen} images in ${Math.round(result.seconds)} s; accuracy ${trainingAccuracy.toFixed(3)}, on held-out images ${validationAccuracy.toFixed(3)}. Next: graft push ${out}`,
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
          backend,
          warnings,
        },
        `${out}  ${manifest.model} ${manifest.version}`,
      );
    } finally {
      await place.close();
    }
  },
});

/** Warnings about what may be intended, a sentence each. */
function warningsAbout(folder: string, data: LoadedDataSet): string[] {
  const images = data.ids.map((id, i) => ({ id, sha256: data.contents[i]!.sha256 }));
  const repeated = sameContent(images).map((group) => group.map(({ id }) => id));
  return [...misplacedFileWarnings(`"${folder}"`, data.beside), ...repetitionWarnings(repeated)];
}

const DEFAULT_EPOCHS = 10;
const MOST_EPOCHS = 100_000;

/** The number of epochs that fit into `--max-seconds` is known only after the first steps. */
function epochOf({ epoch, epochs }: { epoch: number; epochs: number }): string {
  return epochs < MOST_EPOCHS ? `epoch ${epoch}/${epochs}` : `epoch ${epoch}`;
}

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
