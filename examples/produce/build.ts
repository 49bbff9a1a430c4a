import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { describeError, InvalidInputError } from '#core/errors.ts';
import { createRandom } from '#core/random.ts';
import { capture } from './capture.ts';
import { generalClasses, PRODUCE } from './classes.ts';
import { produceDomain } from './domain.ts';
import { ICON_SETS, type IconSet, openIconSet } from './icon-sets.ts';
import { encodePng } from './png.ts';

/** Changes whenever other images would come out: older builds are then made again. */
const BUILDER_VERSION = 4;

export interface BuildOptions {
  /** Folder to build; replaced as a whole when it holds another build, refused when it holds anything else. */
  out: string;
  seed?: number;
  /** Side of the images in pixels. */
  size?: number;
  /** General classes at the most, evenly taken from the alphabet; all when left out. */
  generalClasses?: number;
  generalPerClass?: number;
  produceTrainPerClass?: number;
  produceTestPerClass?: number;
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

/** What a finished build says about itself, in `build.json`. */
export interface Build {
  builder: number;
  seed: number;
  size: number;
  generalClasses: number;
  generalPerClass: number;
  produceTrainPerClass: number;
  produceTestPerClass: number;
  /** Versions of the icon packages. */
  icons: Record<string, string>;
  images: { general: number; train: number; test: number };
}

const STAMP = 'build.json';

/**
 * Builds `<out>/general/<label>/*.png`, `<out>/produce/{train,test}/<label>/*.png` and `<out>/produce/domain.json`. The same options
 * give the same bytes. Everything is written beside `out` and moved there at the end, so a killed build leaves nothing half-done.
 *
 * @returns `cached` is true when `out` already was exactly this build
 * @throws InvalidInputError when `out` holds something that is no build
 */
export async function buildProduceData(options: BuildOptions): Promise<Build & { cached: boolean }> {
  const sets = { train: ICON_SETS.train.map(openIconSet), test: ICON_SETS.test.map(openIconSet) };
  const build = plan(options, sets);
  const found = await readStamp(options.out);
  if (found === JSON.stringify(build)) return { ...build, cached: true };
  if (found === undefined) await refuseForeignFolder(options.out);

  const partial = `${options.out}.partial-${process.pid}`;
  await removeAbandoned(options.out);
  try {
    await writeEverything(partial, build, sets, options);
    await writeFile(join(partial, STAMP), JSON.stringify(build));
    await rm(options.out, { recursive: true, force: true });
    await rename(partial, options.out);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    // Another process finished the same build first: its result is as good.
    if ((await readStamp(options.out)) !== JSON.stringify(build)) throw error;
  }
  return { ...build, cached: false };
}

type Sets = { train: IconSet[]; test: IconSet[] };

function plan(options: BuildOptions, sets: Sets): Build {
  const available = generalClasses(sets.train).length;
  const classes = Math.min(options.generalClasses ?? available, available);
  const build = {
    builder: BUILDER_VERSION,
    seed: options.seed ?? 1,
    size: options.size ?? 32,
    generalClasses: classes,
    generalPerClass: options.generalPerClass ?? 64,
    produceTrainPerClass: options.produceTrainPerClass ?? 5,
    produceTestPerClass: options.produceTestPerClass ?? 30,
    icons: Object.fromEntries([...sets.train, ...sets.test].map((set) => [set.name, set.version])),
  };
  const images = {
    general: classes * build.generalPerClass,
    train: PRODUCE.length * build.produceTrainPerClass,
    test: PRODUCE.length * build.produceTestPerClass,
  };
  return { ...build, images };
}

async function writeEverything(folder: string, build: Build, sets: Sets, options: BuildOptions) {
  const total = build.images.general + build.images.train + build.images.test;
  let done = 0;
  const write = async (part: string, labels: readonly string[], from: IconSet[], perLabel: number) => {
    for (const label of labels) {
      options.signal?.throwIfAborted();
      await writeClass(join(folder, part, label), label, from, perLabel, build, part);
      done += perLabel;
      options.onProgress?.(done, total);
    }
  };
  const all = generalClasses(sets.train);
  const chosen = Array.from(
    { length: build.generalClasses },
    (_, i) => all[Math.floor((i * all.length) / build.generalClasses)]!,
  );
  await write('general', chosen, sets.train, build.generalPerClass);
  await write(join('produce', 'train'), PRODUCE, sets.train, build.produceTrainPerClass);
  await write(join('produce', 'test'), PRODUCE, sets.test, build.produceTestPerClass);
  await writeFile(join(folder, 'produce', 'domain.json'), `${JSON.stringify(produceDomain(), null, 2)}\n`);
}

/** One class: its sets take turns, so that each drawing is photographed equally often. */
async function writeClass(
  folder: string,
  label: string,
  sets: IconSet[],
  count: number,
  build: Build,
  part: string,
) {
  const drawing = sets.filter((set) => set.has(label));
  const icons = await Promise.all(drawing.map((set) => set.render(label)));
  await mkdir(folder, { recursive: true });
  await Promise.all(
    Array.from({ length: count }, (_, i) => {
      const which = i % icons.length;
      const random = createRandom('produce', build.seed, part.replaceAll('\\', '/'), label, i);
      const pixels = capture(icons[which]!, build.size, random);
      const name = `${drawing[which]!.name}-${String(i).padStart(3, '0')}.png`;
      return writeFile(join(folder, name), encodePng(pixels, build.size, build.size));
    }),
  );
}

async function readStamp(folder: string): Promise<string | undefined> {
  return readFile(join(folder, STAMP), 'utf8').catch(() => undefined);
}

async function refuseForeignFolder(out: string) {
  const entries = await readdir(out).catch(() => []);
  if (entries.length === 0) return;
  throw new InvalidInputError(`"${out}" holds files that this did not build, "${entries[0]}" for one`, {
    hint: 'Name a new or empty folder.',
  });
}

/** Removes what killed builds left: folders of processes that no longer run. */
async function removeAbandoned(out: string) {
  const parent = dirname(out);
  await mkdir(parent, { recursive: true });
  for (const name of await readdir(parent)) {
    const path = join(parent, name);
    if (!path.startsWith(`${out}.partial-`)) continue;
    const owner = Number(path.slice(`${out}.partial-`.length));
    if (owner === process.pid || !isRunning(owner)) await rm(path, { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const HELP = `Builds the demonstration data: general images and the domain "produce".

  tsx examples/produce/build.ts [--out .graft/data] [--seed 1]

  --out DIR        folder to build                              .graft/data
  --seed N         other seeds give other photographs           1
  --help           this text

Exit code 0: built, or already there. 1: refused or failed.`;

async function main() {
  const { values } = parseArgs({
    options: {
      out: { type: 'string', default: join('.graft', 'data') },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(HELP);
  const seed = Number(values.seed);
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new InvalidInputError(`--seed "${values.seed}" is not a whole number from 0`);
  }
  const started = performance.now();
  let shown = -1;
  const build = await buildProduceData({
    out: values.out,
    seed,
    onProgress: (done, total) => {
      const percent = Math.floor((100 * done) / total);
      if (percent !== shown && process.stderr.isTTY)
        process.stderr.write(`\r${percent} % of ${total} images`);
      shown = percent;
    },
  });
  if (process.stderr.isTTY && !build.cached) process.stderr.write('\r\x1b[K');
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const { general, train, test } = build.images;
  console.log(
    `${values.out}: ${general} general images of ${build.generalClasses} classes; produce: ${train} to train, ${test} to test (${build.cached ? 'already there' : `${seconds} s`})`,
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await main().catch((error) => {
    console.error(describeError(error));
    process.exitCode = 1;
  });
}
