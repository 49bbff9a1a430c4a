import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { describeError, InvalidInputError } from '#core/errors.ts';
import { createRandom } from '#core/random.ts';
import { buildNetwork } from '#model/backbone.ts';
import { type BackendName, useBackend } from '#model/backend.ts';
import type { DataSet } from '#model/data-set.ts';
import { trainGeneral } from '#model/general.ts';
import { type ChildCommand, runInChild } from './shared/child-process.ts';
import { median } from './shared/summary.ts';

const HELP = `npm run bench:train -- [--rounds 3] [--seconds 5] [--python python3] [--json]

Images per second of the general model's training (as \`graft train\` runs it, with its random variation of every image) and prediction, on
every backend that is installed, beside the same network in Keras. Each runs in a process of its own, by turns; medians are compared.

  --rounds N       how often each one has its turn                 3
  --seconds N      of measuring in each turn, for each figure      5
  --python FILE    interpreter that has TensorFlow                 python3
  --json           last line: {network, batchSize, subjects: [{name, train, predict, …}], skipped}`;

const SIDE = 32;
const CLASSES = 300;
const FILTERS = [16, 32, 64, 128];
const BATCH = 64;

interface Rates {
  /** Images per second. */
  train: number;
  predict: number;
  version: string;
  device: string;
}

interface Subject extends ChildCommand {
  name: string;
}

function subjects(seconds: string, python: string): Subject[] {
  const own = (name: string, backend: BackendName, workers: number): Subject => ({
    name,
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
    own('tfjs-node', 'tensorflow', 1),
    own('tfjs-node-gpu', 'tensorflow-gpu', 1),
    {
      name: 'Keras',
      command: python,
      args: [
        join(dirname(fileURLToPath(import.meta.url)), 'peers', 'keras_train.py'),
        ...['--seconds', seconds, '--batch-size', String(BATCH), '--classes', String(CLASSES)],
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

function noise(images: number): DataSet {
  const size = SIDE * SIDE * 3;
  const random = createRandom('noise');
  const pixels = Uint8Array.from({ length: images * size }, () => random.below(256));
  return {
    labels: Array.from({ length: CLASSES }, (_, i) => `class ${i}`),
    ids: Array.from({ length: images }, (_, i) => `class ${i % CLASSES}/${i}`),
    classes: Int32Array.from({ length: images }, (_, i) => i % CLASSES),
    input: { height: SIDE, width: SIDE, channels: 3, normalisation: { scale: 1 / 127.5, offset: -1 } },
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
  };
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
  const training = trainGeneral(noise(8 * CLASSES), options, {
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
    input: { height: SIDE, width: SIDE, channels: 3 },
    classes: CLASSES,
    filters: FILTERS,
    seed: 1,
  });
  const images = tf.randomUniform([BATCH, SIDE, SIDE, 3], -1, 1);
  const once = () => {
    tf.tidy(() => (model.predict(images) as tf.Tensor).dataSync());
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
  const turns = new Map<string, Rates[]>();
  const skipped: Record<string, string> = {};
  for (let round = 1; round <= rounds; round++) {
    for (const subject of subjects(seconds, python)) {
      if (subject.name in skipped) continue;
      const result = await runInChild<Rates>(subject);
      if (typeof result === 'string') skipped[subject.name] = result;
      else turns.set(subject.name, [...(turns.get(subject.name) ?? []), result]);
    }
  }
  const results = [...turns]
    .filter(([name]) => !(name in skipped))
    .map(([name, rates]) => ({
      ...rates[0]!,
      name,
      train: median(rates.map(({ train }) => train)),
      predict: median(rates.map(({ predict }) => predict)),
    }));
  const peer = results.find(({ name }) => name === 'Keras');
  const against = peer ?? results[0];
  if (!against) throw new Error(`Nothing could be measured: ${JSON.stringify(skipped)}`);
  console.log(
    `${SIDE} × ${SIDE} × 3, filters ${FILTERS.join('-')}, ${CLASSES} classes, batches of ${BATCH}; images per second, and the ratio to ${against.name}\n`,
  );
  console.log(`${''.padEnd(26)}${'training'.padStart(17)}${'prediction'.padStart(19)}   version`);
  for (const { name, train, predict, version, device } of results) {
    const ratio = (value: number, of: number) =>
      `${Math.round(value).toLocaleString('en')}  × ${(value / of).toFixed(2)}`;
    console.log(
      `${name.padEnd(26)}${ratio(train, against.train).padStart(17)}${ratio(predict, against.predict).padStart(19)}   ${version} (${device})`,
    );
  }
  for (const [name, reason] of Object.entries(skipped)) console.log(`${name.padEnd(26)} skipped: ${reason}`);
  const network = { side: SIDE, filters: FILTERS, classes: CLASSES };
  if (json) console.log(JSON.stringify({ network, batchSize: BATCH, subjects: results, skipped }));
}

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
