import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { recipeSchema } from '#core/contracts/domain.ts';
import { describeError, InvalidInputError } from '#core/errors.ts';
import { createRandom } from '#core/random.ts';
import { areaUnderRoc } from '#core/statistics.ts';
import { type LoadedImages, loadImages } from '#model/data/data-set.ts';
import { THUMBNAIL } from '#model/data/near-duplicates.ts';
import { evaluate } from '#model/evaluation/evaluate.ts';
import { RUNTIME } from '#model/onnx/session.ts';
import type { GeneralModel } from '#model/transfer/transfer.ts';
import { evaluateUnsure } from '#model/unsure/evaluate-unsure.ts';
import { capture } from '../examples/icons/capture.ts';
import { type ExampleDomain, withImagesPerClass } from '../examples/icons/domains/example-domain.ts';
import { DOMAINS } from '../examples/icons/domains/index.ts';
import { generalClasses } from '../examples/icons/general.ts';
import { buildIconData } from '../examples/icons/icon-data.ts';
import { ICON_SETS, openIconSet } from '../examples/icons/icon-sets.ts';
import { encodePng } from '../examples/icons/png.ts';
import {
  describeGeneralModel,
  generalModelFolder,
  readGeneralModel,
  readManifest,
} from './shared/general-model.ts';
import { type Summary, summary } from './shared/summary.ts';
import { readDomainFiles, transferOnce } from './shared/train-and-test.ts';
import { openLooking } from './unsure/look.ts';
import { direction, SCORES } from './unsure/scores.ts';

const HELP = `npm run bench:unsure -- [--seeds 5] [--model DIR] [--keep 0.95] [--per-class N] [--json]

How well images of none of a domain's classes are told from its test images: AUROC of the usual scores on the same transfer models, and for
the one that is served how many images of either kind are called unsure. "Unknown" are things that the general model has not seen, "general"
its own classes; both are drawn by the icon sets of the test images, so that only the thing tells them apart.

  --seeds N      how many, of each domain                        5
  --model DIR    general model; that of npm start when left out, or one trained as npm start does
  --keep SHARE   of a domain's own images                        0.95
  --per-class N  training images of every class; as the domains have them when left out
  --json         last line: by domain {auroc: {score: {unknown, general}}, falseAlarms, caught: {unknown, general}}`;

const GENERAL_IMAGES = 200;

/** General classes as the test sets draw them, as files in a folder. */
async function drawGeneral(
  out: string,
  { name, conditions }: ExampleDomain,
  size: number,
  seed: number,
): Promise<void> {
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  const sets = ICON_SETS.test.map(openIconSet);
  const things = generalClasses(ICON_SETS.train.map(openIconSet)).filter((thing) =>
    sets.every((set) => set.has(thing)),
  );
  for (let i = 0; i < GENERAL_IMAGES; i++) {
    const thing = things[Math.floor((i * things.length) / GENERAL_IMAGES)]!;
    const icon = await sets[i % sets.length]!.render(thing);
    const pixels = capture(icon, size, conditions, createRandom('bench', name, seed, thing, i));
    await writeFile(join(out, `${i}-${thing}.png`), encodePng(pixels, size, size));
  }
}

const KINDS = ['unknown', 'general'] as const;
type Kind = (typeof KINDS)[number];
interface Result {
  auroc: Record<string, Record<Kind, number>>;
  falseAlarms: number;
  caught: Record<Kind, number>;
}

/** @param variant tells folders of the same domain with other images apart */
async function measure(
  general: GeneralModel,
  domain: ExampleDomain,
  { variant, seed, keep }: { variant: string; seed: number; keep: number },
): Promise<Result> {
  const out = join('.graft', 'bench', 'unsure', `${domain.name}-${variant}${seed}`);
  // Other photographs than those of npm start, whose seeds are small.
  await buildIconData({ out, seed: 1000 + seed, generalClasses: 0, domains: [domain] });
  const folder = join(out, domain.name);
  const { train, test } = await readDomainFiles(folder, Object.keys(domain.trainingImages));
  await drawGeneral(join(folder, 'general'), domain, general.manifest.input.height, seed);
  const outside = {
    unknown: (await loadImages(join(folder, 'other'), THUMBNAIL))!,
    general: (await loadImages(join(folder, 'general'), THUMBNAIL))!,
  } satisfies Record<Kind, LoadedImages>;
  const trained = await transferOnce(general, train, recipeSchema.parse({ seed }), keep);
  const { statistics, heldOut } = trained.served.measured;
  const looking = await openLooking(trained);
  const result: Result = { auroc: {}, falseAlarms: 0, caught: { unknown: 0, general: 0 } };
  try {
    const neighbours = (await looking.look(train.paths)).map(({ features }) =>
      direction(statistics, features),
    );
    const known = { statistics, neighbours };
    const inside = await looking.look(test.paths);
    const { rows } = await evaluate(looking.pool, test);
    for (const kind of KINDS) {
      const outsiders = await looking.look(outside[kind].paths);
      for (const [name, score] of Object.entries(SCORES)) {
        const of = (seen: typeof inside) => seen.map((one) => score(one, known));
        result.auroc[name] ??= { unknown: 0, general: 0 };
        result.auroc[name][kind] = areaUnderRoc(of(inside), of(outsiders));
      }
      const unsure = await evaluateUnsure(looking.pool, { rows, other: outside[kind], keep, heldOut });
      result.falseAlarms = unsure.falseAlarms;
      result.caught[kind] = unsure.other!.caught;
    }
    return result;
  } finally {
    await looking.pool.close();
    for (const images of Object.values(outside)) images.close();
  }
}

const show = ({ mean, sd }: Summary) => `${mean.toFixed(3)} ± ${sd.toFixed(3)}`;

/** Prints a domain's table and gives its figures. */
function tell(domain: ExampleDomain, results: readonly Result[]) {
  const over = (pick: (result: Result) => number) => summary(results.map(pick));
  console.log(`\n${domain.name}, mean ± sd of ${results.length} seeds`);
  console.log(`  ${'AUROC'.padEnd(30)} unknown         general`);
  const auroc: Record<string, Record<Kind, Summary>> = {};
  for (const name of Object.keys(SCORES)) {
    const unknown = over((result) => result.auroc[name]!.unknown);
    const general = over((result) => result.auroc[name]!.general);
    auroc[name] = { unknown, general };
    console.log(`  ${name.padEnd(30)} ${show(unknown)}   ${show(general)}`);
  }
  const falseAlarms = over((result) => result.falseAlarms);
  const caught = {
    unknown: over((result) => result.caught.unknown),
    general: over((result) => result.caught.general),
  };
  console.log(`  ${'called unsure'.padEnd(30)} ${show(caught.unknown)}   ${show(caught.general)}`);
  console.log(`  ${'… of the test images'.padEnd(30)} ${show(falseAlarms)}`);
  return { auroc, falseAlarms, caught };
}

async function main() {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '5' },
      model: { type: 'string' },
      keep: { type: 'string', default: '0.95' },
      'per-class': { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(HELP);
  const [seeds, keep] = [Number(values.seeds), Number(values.keep)];
  if (!Number.isInteger(seeds) || seeds < 1) {
    throw new InvalidInputError(`--seeds "${values.seeds}" is not a whole number from 1`);
  }
  if (!(keep > 0 && keep <= 1)) throw new InvalidInputError(`--keep "${values.keep}" is not a share`);
  const folder = await generalModelFolder(values.model);
  console.log(describeGeneralModel(folder, await readManifest(folder)));
  console.log(RUNTIME);
  const generalModel = await readGeneralModel(folder);
  const perClass = values['per-class'] === undefined ? undefined : Number(values['per-class']);
  if (perClass !== undefined && !(Number.isInteger(perClass) && perClass >= 2)) {
    throw new InvalidInputError(`--per-class "${values['per-class']}" is not a whole number from 2`);
  }
  const domains = DOMAINS.map((domain) =>
    perClass === undefined
      ? { domain, variant: '' }
      : { domain: withImagesPerClass(domain, perClass), variant: `${perClass}-each-` },
  );
  const figures: Record<string, ReturnType<typeof tell>> = {};
  for (const { domain, variant } of domains) {
    const results: Result[] = [];
    for (let seed = 1; seed <= seeds; seed++) {
      results.push(await measure(generalModel, domain, { variant, seed, keep }));
    }
    figures[domain.name] = tell(domain, results);
  }
  if (values.json) console.log(JSON.stringify({ seeds, keep, ...figures }));
}

await main().catch((error) => {
  console.error(describeError(error));
  process.exitCode = 1;
});
