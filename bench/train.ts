import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { describeError, InvalidInputError } from '#core/errors.ts';
import { createRandom } from '#core/random.ts';
import { type TrainingImages, trainingImagesOf } from '#model/data/training-images.ts';
import { buildNetwork } from '#model/network/build-network.ts';
import { networkInput } from '#model/network/input.ts';
import { type BackendName, useBackend } from '#model/tensorflow/backend.ts';
import { trainGeneral } from '#model/training/general.ts';
import { type ChildCommand, runInChild } from './shared/child-process.ts';
import { median } from './shared/summary.ts';

const HELP = `npm run bench:train -- [--rounds 3] [--seconds 5] [--python python3] [--json]

Images per second of the general model's training (as \`graft train\` runs it, with its random variation of every image) and prediction, on
every backend that is here, beside the same network in Keras, which varies nothing. Each runs in a process of its own, by turns; a ratio
compares figures of the same round, and its median over the rounds is held against the target.

  --rounds N       how often each one has its turn                 3
  --seconds N      of measuring in each turn, for each figure      5
  --python FILE    interpreter that has TensorFlow                 python3
  --json           last line: {network, batchSize, subjects: [{name, train, predict, trainRatio, …}], skipped}`;

/** Share of Keras's training rate that each of our backends has to reach. */
const TARGETS = { native: 0.6, wasm: 0.4 } as const;

const SIDE = 32;
const LABEL_COUNT = 300;
const FILTERS = [16, 32, 64, 128];
const BATCH = 64;

const KERAS = 'Keras';

interface Rates {
  /** Images per second. */
  train: number;
  predict: number;
  version: string;
  device: string;
}

interface Subject extends ChildCommand {
  name: string;
  /** Of `Rates.train`, as a share of Keras's. */
  target?: number;
}

function subjects(seconds: string, python: string): Subject[] {
  const own = (name: string, backend: BackendName, workers: number): Subject => ({
    name,
    target: backend === 'wasm' ? TARGETS.wasm : TARGETS.native,
    command: process.execPath,
    args: [
      ...process.execArgv,
      fileURLToPath(import.meta.url),
      ...['--measure', backend, '--workers', String(workers), '--seconds', seconds],
    ],
  });
  const cores = availableParallelism();
  return [
    own('WebAssembly, 1 thread', 'wasm', 1),
    ...(cores > 1 ? [own(`WebAssembly, ${cores} threads`, 'wasm', cores)] : []),
    own('TensorFlow, CPU', 'tensorflow', 1),
    own('TensorFlow, GPU', 'tensorflow-gpu', 1),
    {
      name: KERAS,
      command: python,
      args: [
        join(dirname(fileURLToPath(import.meta.url)), 'peers', 'keras_train.py'),
        ...['--seconds', seconds, '--batch-size', String(BATCH), '--label-count', String(LABEL_COUNT)],
        ...['--filters', FILTERS.join(',')],
      ],
    },
  ];
}

/** One turn of one of our backends, in the process that the parent started for it. */
async function measure(backend: BackendName, workers: number, seconds: number): Promise<Rates> {
  const { version, device } = await useBackend(backend);
  return {
    train: await trainingRate(workers, seconds),
    predict: predictionRate(seconds),
    version,
    device,
  };
}

function noise(images: number): TrainingImages {
  const size = SIDE * SIDE * 3;
  const random = createRandom('noise');
  const pixels = Uint8Array.from({ length: images * size }, () => random.below(256));
  return trainingImagesOf({
    labels: Array.from({ length: LABEL_COUNT }, (_, i) => `class ${i}`),
    ids: Array.from({ length: images }, (_, i) => `class ${i % LABEL_COUNT}/${i}`),
    classIndices: Int32Array.from({ length: images }, (_, i) => i % LABEL_COUNT),
    input: networkInput(SIDE),
    digest: '0'.repeat(64),
    size: images,
    damaged: [],
    close: () => {},
    gather: (indices) => {
      const chosen = new Uint8Array(indices.length * size);
      for (let i = 0; i < indices.length; i++) {
        chosen.set(pixels.subarray(indices[i]! * size, (indices[i]! + 1) * size), i * size);
      }
      return chosen;
    },
  });
}

/** Steps before the clock starts: compilation, and the first growth of the memory. */
const WARM_UP_STEPS = 30;

async function trainingRate(workers: number, seconds: number): Promise<number> {
  const enough = new AbortController();
  let first: { step: number; at: number } | undefined;
  let rate = 0;
  const options = {
    epochs: 1e6,
    batchSize: BATCH,
    learningRate: 0.002,
    seed: 1,
    validationShare: 0.1,
    filters: FILTERS,
    workers,
  };
  const training = trainGeneral(noise(8 * LABEL_COUNT), options, {
    signal: enough.signal,
    onProgress({ step }) {
      const at = performance.now();
      if (step < WARM_UP_STEPS) return;
      first ??= { step, at };
      const elapsed = (at - first.at) / 1_000;
      if (elapsed < seconds) return;
      rate = ((step - first.step) * BATCH) / elapsed;
      enough.abort(enough);
    },
  });
  await training.catch((error) => {
    if (error !== enough) throw error;
  });
  return rate;
}

function predictionRate(seconds: number): number {
  const model = buildNetwork({
    input: networkInput(SIDE),
    labelCount: LABEL_COUNT,
    filters: FILTERS,
    seed: 1,
  });
  const images = tf.randomUniform([BATCH, SIDE, SIDE, 3], -1, 1);
  const once = () => {
    tf.tidy(() => (model.predictOnBatch(images) as tf.Tensor).dataSync());
  };
  for (let i = 0; i < WARM_UP_STEPS; i++) once();
  const started = performance.now();
  let done = 0;
  while (performance.now() - started < seconds * 1_000) {
    once();
    done += BATCH;
  }
  return (1_000 * done) / (performance.now() - started);
}

async function compare(rounds: number, seconds: string, python: string, json: boolean) {
  const all = subjects(seconds, python);
  const turns = new Map<string, Rates[]>(all.map(({ name }) => [name, []]));
  const skipped: Record<string, string> = {};
  for (let round = 1; round <= rounds; round++) {
    for (const subject of all) {
      if (subject.name in skipped) continue;
      const result = await runInChild<Rates>(subject);
      if (typeof result === 'string') skipped[subject.name] = result;
      else turns.get(subject.name)!.push(result);
    }
  }
  const measured = all.filter(({ name }) => !(name in skipped));
  const against = measured.find(({ name }) => name === KERAS) ?? measured[0];
  if (!against) throw new Error(`Nothing could be measured: ${JSON.stringify(skipped)}`);
  const results = measured.map(({ name, target }) => {
    const own = turns.get(name)!;
    const figures = (of: 'train' | 'predict') => {
      const ratios = own.map((rates, round) => rates[of] / turns.get(against.name)![round]![of]);
      return { rate: median(own.map((rates) => rates[of])), ratio: median(ratios) };
    };
    return { name, target, train: figures('train'), predict: figures('predict'), ...about(own[0]!) };
  });
  console.log(
    `${SIDE} × ${SIDE} × 3, filters ${FILTERS.join('-')}, ${LABEL_COUNT} classes, batches of ${BATCH}; images per second, and the ratio to ${against.name}\n`,
  );
  console.log(
    `${''.padEnd(24)}${'training'.padStart(15)}${''.padEnd(12)}${'prediction'.padStart(15)}   version`,
  );
  for (const { name, target, train, predict, version, device } of results) {
    const verdict = target === undefined || against.name !== KERAS ? '' : verdictOn(train.ratio, target);
    console.log(
      `${name.padEnd(24)}${shown(train).padStart(15)}${verdict.padEnd(12)}${shown(predict).padStart(15)}   ${version} (${device})`,
    );
  }
  for (const [name, reason] of Object.entries(skipped)) console.log(`${name.padEnd(24)} skipped: ${reason}`);
  const network = { side: SIDE, filters: FILTERS, labelCount: LABEL_COUNT };
  const flat = results.map(({ train, predict, ...rest }) => ({
    ...rest,
    ...{ train: train.rate, predict: predict.rate, trainRatio: train.ratio, predictRatio: predict.ratio },
  }));
  if (json) console.log(JSON.stringify({ network, batchSize: BATCH, subjects: flat, skipped }));
}

const about = ({ version, device }: Rates) => ({ version, device });

const shown = ({ rate, ratio }: { rate: number; ratio: number }) =>
  `${Math.round(rate).toLocaleString('en')}  × ${ratio.toFixed(2)}`;

const verdictOn = (ratio: number, target: number) =>
  ratio >= target ? `  ≥ ${target} ✓` : `  not ${target} ✗`;

async function main() {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '5' },
      python: { type: 'string', default: 'python3' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      // How the parent calls itself.
      measure: { type: 'string' },
      workers: { type: 'string', default: '1' },
    },
  });
  if (values.help) return console.log(HELP);
  for (const name of ['rounds', 'seconds'] as const) {
    if (!(Number(values[name]) > 0))
      throw new InvalidInputError(`--${name} "${values[name]}" is no number above 0`);
  }
  if (values.measure === undefined) {
    return compare(Number(values.rounds), values.seconds, values.python, values.json);
  }
  const rates = await measure(values.measure as BackendName, Number(values.workers), Number(values.seconds));
  console.log(JSON.stringify(rates));
}

main().catch((error) => {
  console.error(describeError(error).split('\n').join(' '));
  process.exitCode = 1;
});
