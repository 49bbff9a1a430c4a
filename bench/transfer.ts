import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { sha256 } from '#core/digest.ts';
import { describeError, InvalidInputError } from '#core/errors.ts';
import { duration } from '#core/report/format.ts';
import { type BackendInfo, useBackend } from '#model/tensorflow/backend.ts';
import { DOMAINS } from '../examples/icons/domains/index.ts';
import { fingerprint } from '../scripts/fingerprint.ts';
import { describeGeneralModel, generalModelFolder, readManifest } from './shared/general-model.ts';
import { curveOf, figuresOf } from './transfer/figures.ts';
import { measure, type Task, tasksOf } from './transfer/measurement.ts';
import { writePage } from './transfer/page.ts';
import { openResults } from './transfer/results-file.ts';
import { curveTable, domainsTable, EXPLANATION } from './transfer/tables.ts';

const HELP = `npm run bench:transfer -- [--seeds 10] [--curve 1,2,5,10,20] [--curve-seeds 3] [--domains produce,vehicles] [--docs] [--json]

Accuracy and expected calibration error on test images from icon sets that no training saw, without and with transfer learning: with the
images that each domain has, and over the number of images of each class. Every seed has photographs, variants, splits and weights of its
own; the general model is the same for all. A run that was broken off goes on where it was. On two cores with WebAssembly the whole takes
about 20 minutes, almost all of it for the baselines.

  --seeds N          for each domain with the images it has                   10
  --curve LIST       training images of each class; "none" leaves it out      1,2,5,10,20
  --curve-seeds N    for each point of the curve                              3
  --domains LIST     of the demonstration's                                   all
  --model DIR        general model; that of npm start when left out, or one trained as npm start does
  --results FILE     where the measurements are kept                          .graft/bench/transfer.jsonl
  --docs             writes the tables to docs/transfer.md, and the curves to docs/pictures/transfer-<domain>.svg
  --json             last line: {seeds, baseline: {mean, sd}, transfer: {mean, sd}, uplift, domains}; the figures before "domains" are
                     those of the first one`;

function wholeNumbers(name: string, text: string): number[] {
  const numbers = text.split(',').map(Number);
  const wrong = numbers.some((number) => !Number.isSafeInteger(number) || number < 1);
  if (wrong) throw new InvalidInputError(`--${name} "${text}" is not made of whole numbers from 1`);
  return numbers;
}

function domainNames(text: string | undefined): string[] {
  const known = DOMAINS.map(({ name }) => name);
  const names = text?.split(',') ?? known;
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return names;
  throw new InvalidInputError(`--domains: there is no domain "${unknown}"`, {
    hint: `There are ${known.join(', ')}.`,
  });
}

/** Whatever the measurements depend on. */
async function subjectOf(model: string, backend: BackendInfo): Promise<string> {
  const manifest = JSON.stringify(await readManifest(model));
  const words = [sha256(manifest), backend.name, backend.version];
  return fingerprint(['core', 'model', 'examples/icons', 'bench/transfer/measurement.ts'], words);
}

const nameOf = ({ domain, images, seed, mode }: Task) =>
  `${domain}${images === null ? '' : `, ${images} a class`}, seed ${seed}, ${mode}`;

async function measureAll(model: string, tasks: readonly Task[], file: string, backend: BackendInfo) {
  const results = await openResults(file, await subjectOf(model, backend));
  const missing = tasks.filter((task) => results.find(task) === undefined);
  if (missing.length < tasks.length)
    console.log(`${tasks.length - missing.length} of ${tasks.length} measurements are in ${file} already`);
  const started = performance.now();
  for (const [index, task] of missing.entries()) {
    const measurement = await measure(model, task);
    await results.add(measurement);
    const perTask = (performance.now() - started) / 1000 / (index + 1);
    const columns = [
      `${index + 1}/${missing.length}`.padStart(7),
      nameOf(task).padEnd(42),
      `accuracy ${measurement.accuracy.toFixed(3)}`,
      `${duration(measurement.seconds)}, about ${duration(perTask * (missing.length - index - 1))} left`,
    ];
    console.log(columns.join('  '));
  }
  return tasks.map((task) => results.find(task)!);
}

async function main() {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '10' },
      curve: { type: 'string', default: '1,2,5,10,20' },
      'curve-seeds': { type: 'string', default: '3' },
      domains: { type: 'string' },
      model: { type: 'string' },
      results: { type: 'string', default: join('.graft', 'bench', 'transfer.jsonl') },
      docs: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(HELP);
  const domains = domainNames(values.domains);
  const [seeds] = wholeNumbers('seeds', values.seeds) as [number];
  const images = values.curve === 'none' ? [] : wholeNumbers('curve', values.curve).sort((a, b) => a - b);
  const [curveSeeds] = wholeNumbers('curve-seeds', values['curve-seeds']) as [number];
  if (values.docs && images.length < 2) {
    throw new InvalidInputError('--docs needs a curve of at least two points', { hint: 'See --curve.' });
  }

  const backend = await useBackend();
  const model = await generalModelFolder(values.model);
  const subject = `${describeGeneralModel(model, await readManifest(model))}\nBackend ${backend.name} on ${backend.device}`;
  console.log(`${subject}\n`);
  const tasks = tasksOf(domains, seeds, { images, seeds: curveSeeds });
  const measurements = await measureAll(model, tasks, values.results, backend);

  const rows = domains.map((domain) => ({ domain, figures: figuresOf(measurements, domain, null)! }));
  const curves = domains.map((domain) => ({ domain, rows: curveOf(measurements, domain, images) }));
  console.log(`\n${EXPLANATION}\n\n${domainsTable(rows)}`);
  for (const curve of images.length > 0 ? curves : []) {
    console.log(`\n${curve.domain}, with as many images of each class\n\n${curveTable(curve.rows)}`);
  }
  if (values.docs) {
    const command = ['npm run bench:transfer --', ...process.argv.slice(2)].join(' ');
    for (const path of await writePage('docs', { command, subject, domains: rows, curves }))
      console.log(`\n${path}`);
  }
  if (!values.json) return;
  const details = rows.map(({ domain, figures }, i) => [domain, { ...figures, curve: curves[i]!.rows }]);
  const { baseline, transfer, uplift } = rows[0]!.figures;
  console.log(
    JSON.stringify({ seeds, baseline, transfer, uplift: uplift.mean, domains: Object.fromEntries(details) }),
  );
}

await main().catch((error) => {
  console.error(describeError(error));
  process.exitCode = 1;
});
