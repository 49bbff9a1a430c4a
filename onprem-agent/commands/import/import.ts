import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nameSchema } from '#core/contracts/common.ts';
import { type Manifest, MODEL_FILE } from '#core/contracts/manifest.ts';
import { finishModel, type GeneralModel } from '#model/onnx/general-model.ts';
import { importGraph } from '#model/onnx/import-graph.ts';
import { agentCommand } from '../../cli/command.ts';
import { UsageError } from '../../cli/errors.ts';
import { formatAmount } from '../../cli/progress-bar.ts';
import { writeManifest } from '../../model-folder/manifest.ts';
import { openOutputFolder } from '../../model-folder/output-folder.ts';
import { passphraseArgs } from '../../model-folder/passphrase.ts';
import { openSigningKey } from '../../model-folder/signing-key.ts';
import { readLabels, sizeOption } from './options.ts';
import { PRESETS, preparationWishes, settlePreparation } from './preparation.ts';
import { readSource } from './read-source.ts';

export const importModel = agentCommand({
  args: {
    network: {
      type: 'positional',
      required: true,
      description: 'An .onnx, .keras or .h5 file, a model.json of TensorFlow.js, or the folder of one',
    },
    out: { type: 'string', valueHint: 'DIR', description: 'Where the model goes (Required)' },
    name: { type: 'string', valueHint: 'NAME', description: 'Name of the model (Required)' },
    preset: {
      type: 'enum',
      options: Object.keys(PRESETS),
      description: 'How images are prepared, where the file does not say it',
    },
    mean: { type: 'string', valueHint: 'R,G,B', description: 'Instead of a preset: mean of pixels in 0…1' },
    std: { type: 'string', valueHint: 'R,G,B', description: 'The deviation that belongs to it, in 0…1' },
    colours: { type: 'enum', options: ['rgb', 'bgr'], description: 'Order of the colours (Default: rgb)' },
    size: { type: 'string', valueHint: 'N|HxW', description: 'Of a network that takes images of any size' },
    resize: {
      type: 'enum',
      options: ['stretch', 'cover', 'contain'],
      description: 'How images get that size (Default: as the preset does)',
    },
    crop: { type: 'string', valueHint: '0.5…1', description: 'Share of the shorter side that cover keeps' },
    interpolation: {
      type: 'enum',
      options: ['linear', 'cubic', 'lanczos3'],
      description: 'How pixels are scaled (Default: as the preset does)',
    },
    labels: { type: 'string', valueHint: 'FILE', description: "The classifier's labels, one a line" },
    output: {
      type: 'string',
      valueHint: 'NAME',
      description: 'Which output counts, where there are several',
    },
    features: {
      type: 'string',
      valueHint: 'TENSOR',
      description: 'Cut behind this tensor, not where it seems right',
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
    'graft import mobilenetv3.onnx --out models/photos --name photos --preset torchvision',
    'graft import efficientnet.keras --out models/photos --name photos --labels imagenet.txt',
  ],
  async run({ args, io, output }) {
    const { out, force = false } = args;
    if (out === undefined) throw new UsageError('`graft import` needs --out');
    if (args.name === undefined) throw new UsageError('`graft import` needs --name');
    const name = nameSchema.safeParse(args.name);
    if (!name.success) throw new UsageError(`--name is "${args.name}": ${name.error.issues[0]!.message}`);
    const wishes = preparationWishes(args);
    const size = sizeOption(args.size);
    const labels = args.labels === undefined ? undefined : await readLabels(args.labels);
    const privateKey = args.key === undefined ? undefined : await openSigningKey(args, { io, output });
    const { signal } = io;
    const place = await openOutputFolder(out, force);
    try {
      for (const note of place.notes) output.warn({}, note);
      const started = io.now();
      const reading = output.progress('read', 'read ');
      const source = await readSource(args.network, {
        size,
        signal,
        onProgress: (done, total) => reading.update({ done, total, unit: 'B' }),
      }).finally(() => reading.end());
      signal.throwIfAborted();
      const preparation = settlePreparation(source.preparation, wishes);
      const { features, output: chosen } = args;
      const graph = await importGraph(source, { size, labels, features, output: chosen, signal });
      for (const note of graph.notes) output.note('found', { message: note }, note);
      if (!graph.takesBatches) output.note('found', { message: ONE_BY_ONE }, ONE_BY_ONE);
      const model = await finishModel(graph, preparation, signal);
      const manifest = await place.publish({
        save: (folder) => writeFile(join(folder, MODEL_FILE), model.bytes),
        complete: (folder) =>
          writeManifest(
            folder,
            [MODEL_FILE],
            { ...describe(model), model: name.data, origin: source.origin },
            { createdAt: new Date(), privateKey },
          ),
      });
      const seconds = (io.now() - started) / 1_000;
      output.note('imported', { seconds }, `Imported in ${seconds.toFixed(1)} s. Next: graft push ${out}`);
      output.result(
        {
          command: 'import',
          out,
          model: manifest.model,
          version: manifest.version,
          signed: privateKey !== undefined,
          origin: manifest.origin,
          input: manifest.input,
          features: manifest.features.map(({ reference: _, ...feature }) => feature),
          labels: manifest.classifier?.labels.length ?? 0,
          parameters: manifest.parameters,
          takesBatches: graph.takesBatches,
          bytes: model.bytes.length,
          millisecondsPerImage: model.millisecondsPerImage,
          seconds,
          notes: graph.notes,
        },
        summary(out, manifest, model),
      );
    } finally {
      await place.close();
    }
  },
});

const ONE_BY_ONE = 'The graph takes one image at a time';

/** The manifest's part of it. */
const describe = ({ input, features, parameters, classifier }: GeneralModel) => ({
  input,
  features,
  parameters,
  ...(classifier === undefined ? {} : { classifier }),
});

function summary(
  out: string,
  { model, version, input, features, classifier, parameters, origin }: Manifest,
  made: GeneralModel,
): string {
  const { layout, height, width, colours, mean, deviation, resize, interpolation } = input;
  const fit = resize.fit === 'cover' ? `cover (crop ${resize.crop})` : resize.fit;
  const places = features.map(({ name, width: values, places }) =>
    places === undefined
      ? `${name} of ${values}`
      : `${name} of ${values} × ${places.rows} × ${places.columns}`,
  );
  const producer = origin.kind === 'imported' ? (origin.producer ?? 'an unnamed program') : 'graft';
  return [
    `${out}  ${model} ${version}`,
    `input       ${height} × ${width}, ${layout}, ${colours}, (pixel − ${listed(mean)}) ÷ ${listed(deviation)}, ${fit}, ${interpolation}`,
    `features    ${places.join(', ')}`,
    `classifier  ${classifier === undefined ? 'none: only features are kept' : `kept for graft predict, ${classifier.labels.length} labels`}`,
    `parameters  ${parameters.toLocaleString('en-GB')}, ${formatAmount(made.bytes.length, 'B')}, written by ${producer}`,
    `speed       ${made.millisecondsPerImage.toFixed(1)} ms an image on one core`,
  ].join('\n');
}

const listed = (values: readonly number[]): string =>
  new Set(values).size === 1 ? String(values[0]) : `(${values.join(', ')})`;
