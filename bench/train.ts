import { rm } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { describeError, InvalidInputError } from '#core/errors.ts';
import { NETWORKS, type NetworkName } from '#model/network/build-network.ts';
import { runInChild } from './shared/child-process.ts';
import { missingData } from './shared/photographs.ts';
import { median } from './shared/summary.ts';
import { measureAccuracy, prepareCifar } from './train/accuracy.ts';
import { BATCH, LABEL_COUNT, measureRates, type Rates, SIDE, type Task } from './train/rates.ts';
import { KERAS, type Subject, subjectsOf } from './train/subjects.ts';

const HELP = `npm run bench:train -- [--networks LIST] [--rounds 3] [--seconds 5] [--accuracy-minutes 0] [--python python3] [--json]

Images per second of the general model's training (as \`graft train\` runs it, with its random variation of every image) and prediction, on
every backend that is here, beside the same network in Keras, which varies nothing. Each runs in a process of its own, by turns; a ratio
compares figures of the same round, and its median over the rounds is held against the target. Then, if it is asked for, the accuracy on
CIFAR-10's test images after equal minutes of training: Keras trains by the same method, with mirroring and shifts as its variation.

  --networks LIST        ${NETWORKS.join(', ')}      compact,resnet-18
  --width X              factor of the filters                    1
  --rounds N             how often each one has its turn          3
  --seconds N            of measuring in each turn, for each figure  5
  --accuracy-minutes N   of training on CIFAR-10; 0: not at all   0
  --accuracy-images N    of each class                            5000
  --python FILE          interpreter that has TensorFlow          python3
  --json                 last line: {side, batchSize, networks: [{network, subjects: [{name, train, predict, trainRatio, …}],
                         skipped, accuracy: {minutes, subjects, skipped}}]}`;

interface Settings {
  networks: NetworkName[];
  width: number;
  rounds: number;
  seconds: number;
  minutes: number;
  images: number;
  python: string;
}

type Skipped = Record<string, string>;

async function compareRates(all: readonly Subject[], rounds: number) {
  const turns = new Map<string, Rates[]>(all.map(({ name }) => [name, []]));
  const skipped: Skipped = {};
  for (let round = 1; round <= rounds; round++) {
    for (const { name, rates } of all) {
      if (name in skipped) continue;
      const result = await runInChild<Rates>(rates);
      if (typeof result === 'string') skipped[name] = result;
      else turns.get(name)!.push(result);
    }
  }
  const measured = all.filter(({ name }) => !(name in skipped));
  const against = measured.find(({ name }) => name === KERAS) ?? measured[0];
  if (!against) throw new Error(`Nothing could be measured: ${JSON.stringify(skipped)}`);
  const subjects = measured.map(({ name, target }) => {
    const own = turns.get(name)!;
    const figures = (of: 'train' | 'predict') => {
      const ratios = own.map((rates, round) => rates[of] / turns.get(against.name)![round]![of]);
      return { rate: median(own.map((rates) => rates[of])), ratio: median(ratios) };
    };
    const { version, device } = own[0]!;
    return { name, target, version, device, train: figures('train'), predict: figures('predict') };
  });
  return { against: against.name, subjects, skipped };
}

function printRates(
  network: NetworkName,
  { against, subjects, skipped }: Awaited<ReturnType<typeof compareRates>>,
) {
  console.log(
    `\n${network}, ${SIDE} × ${SIDE} × 3, ${LABEL_COUNT} classes, batches of ${BATCH}; images per second, and the ratio to ${against}\n`,
  );
  console.log(
    `${''.padEnd(24)}${'training'.padStart(15)}${''.padEnd(12)}${'prediction'.padStart(15)}   version`,
  );
  for (const { name, target, train, predict, version, device } of subjects) {
    const verdict = target === undefined || against !== KERAS ? '' : verdictOn(train.ratio, target);
    console.log(
      `${name.padEnd(24)}${shown(train).padStart(15)}${verdict.padEnd(12)}${shown(predict).padStart(15)}   ${version} (${device})`,
    );
  }
  printSkipped(skipped);
}

const shown = ({ rate, ratio }: { rate: number; ratio: number }) =>
  `${rate < 100 ? rate.toFixed(1) : Math.round(rate).toLocaleString('en')}  × ${ratio.toFixed(2)}`;

const verdictOn = (ratio: number, target: number) =>
  ratio >= target ? `  ≥ ${target} ✓` : `  not ${target} ✗`;

function printSkipped(skipped: Skipped) {
  for (const [name, reason] of Object.entries(skipped)) console.log(`${name.padEnd(24)} skipped: ${reason}`);
}

interface Accuracy {
  accuracy: number;
  version: string;
}

/** Each subject once: a minute of training says more than a second minute about chance. */
async function compareAccuracy(all: readonly Subject[], folder: string, minutes: number) {
  const skipped: Skipped = {};
  const subjects: (Accuracy & { name: string })[] = [];
  // One thread says nothing that several do not say.
  for (const { name, accuracy } of all.filter(({ name }) => name !== 'WebAssembly, 1 thread')) {
    const result = await runInChild<Accuracy>(accuracy(folder, 60 * minutes));
    if (typeof result === 'string') skipped[name] = result;
    else subjects.push({ name, accuracy: result.accuracy, version: result.version });
  }
  console.log(`\nAccuracy on CIFAR-10's test images after ${minutes} minutes of training\n`);
  for (const { name, accuracy } of subjects) console.log(`${name.padEnd(24)}${accuracy.toFixed(3)}`);
  printSkipped(skipped);
  return { minutes, subjects, skipped };
}

async function compare({ networks, minutes, images, rounds, ...settings }: Settings, json: boolean) {
  const missing = minutes > 0 ? missingData(['cifar10.zip']) : undefined;
  if (missing !== undefined) throw new InvalidInputError(missing);
  const folder = minutes > 0 ? await prepareCifar(images) : undefined;
  try {
    const results = [];
    for (const network of networks) {
      const subjects = subjectsOf({ ...settings, network });
      const rates = await compareRates(subjects, rounds);
      printRates(network, rates);
      const flat = rates.subjects.map(({ train, predict, ...rest }) => ({
        ...rest,
        ...{ train: train.rate, predict: predict.rate, trainRatio: train.ratio, predictRatio: predict.ratio },
      }));
      const accuracy = folder && (await compareAccuracy(subjects, folder, minutes));
      results.push({ network, subjects: flat, skipped: rates.skipped, ...(accuracy && { accuracy }) });
    }
    if (json) console.log(JSON.stringify({ side: SIDE, batchSize: BATCH, networks: results }));
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}

function settingsOf(values: Record<string, string | boolean | undefined>): Settings {
  const number = (name: string, least: number) => {
    const value = Number(values[name]);
    if (value >= least && Number.isFinite(value)) return value;
    throw new InvalidInputError(`--${name} "${values[name]}" is no number from ${least} on`);
  };
  const networks = String(values.networks).split(',');
  for (const name of networks) {
    if (!(NETWORKS as readonly string[]).includes(name))
      throw new InvalidInputError(`--networks "${name}" is none of ${NETWORKS.join(', ')}`);
  }
  return {
    networks: networks as NetworkName[],
    width: number('width', 0.1),
    rounds: number('rounds', 1),
    seconds: number('seconds', 0.1),
    minutes: number('accuracy-minutes', 0),
    images: number('accuracy-images', 2),
    python: String(values.python),
  };
}

async function main() {
  const { values } = parseArgs({
    options: {
      networks: { type: 'string', default: 'compact,resnet-18' },
      width: { type: 'string', default: '1' },
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '5' },
      'accuracy-minutes': { type: 'string', default: '0' },
      'accuracy-images': { type: 'string', default: '5000' },
      python: { type: 'string', default: 'python3' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      // How the parent calls itself.
      task: { type: 'string' },
      folder: { type: 'string' },
    },
  });
  if (values.help) return console.log(HELP);
  if (values.task === undefined) return compare(settingsOf(values), values.json);
  const task = JSON.parse(values.task) as Task;
  const { folder } = values;
  const measured = folder === undefined ? await measureRates(task) : await measureAccuracy(folder, task);
  console.log(JSON.stringify(measured));
}

main().catch((error) => {
  console.error(describeError(error).split('\n').join(' '));
  process.exitCode = 1;
});
